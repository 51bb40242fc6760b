/// Which models are tried when a model cannot serve: `fallbacks` and `default_fallbacks`.
package struct Fallbacks: Sendable, Equatable {
    /// `fallbacks`: model to its fallbacks, in their order. `*` stands for every model without its own.
    package var named: [String: [String]] = [:]
    /// `default_fallbacks`: the same as `*`, which wins.
    package var usual: [String] = []
    /// `max_fallbacks`: other models that one request may go to.
    package var most = Fallbacks.usualMost

    /// LiteLLM's.
    static let usualMost = 5
    /// Other models for one request; each costs a round of attempts.
    static let limit = 20

    package init() {}

    package var isEmpty: Bool { named.isEmpty && usual.isEmpty }

    /// The models that are tried after `model`, in this order: each fallback, and before the next one
    /// that one's own. No model comes twice, however the lists refer to one another.
    func chain(for model: String) -> [String] {
        if isEmpty { return [] }
        var chain: [String] = []
        var seen: Set<String> = [model]
        follow(model, into: &chain, seen: &seen)
        return chain
    }

    private func follow(_ model: String, into chain: inout [String], seen: inout Set<String>) {
        for next in named[model] ?? named["*"] ?? usual where chain.count < most && seen.insert(next).inserted {
            chain.append(next)
            follow(next, into: &chain, seen: &seen)
        }
    }

    /// The models through which `model` falls back to itself, itself first and last; `nil` when it
    /// does not. Lists for every model are left out: they name themselves as a matter of course.
    func loop(from model: String) -> [String]? {
        var seen: Set<String> = []
        func path(from current: String) -> [String]? {
            for next in named[current] ?? [] {
                if next == model { return [current, next] }
                guard seen.insert(next).inserted, let rest = path(from: next) else { continue }
                return [current] + rest
            }
            return nil
        }
        return path(from: model)
    }
}
