import YAML

/// A model and one it falls back to, with the place that says so.
struct FallbackRule {
    /// `*` for every model without its own.
    let model: String
    let fallback: String
    let modelPlace: Place
    let place: Place
}

/// What `litellm_settings` and `router_settings` say of routing; the latter win.
extension ConfigurationReader {
    /// Attempts beyond these never end well, and a day is longer than any cooldown.
    private static let longestPause = 86_400.0

    /// - Returns: `false` when `member` is not about routing, or not honoured in this section.
    mutating func readRouting(_ member: Member, in keys: KnownKeys) -> Bool {
        guard keys.standing(of: member.name) == .honoured else { return false }
        let value = member.value
        switch member.name {
        case "routing_strategy": readStrategy(value)
        case "allowed_fails":
            let allowed = integer(value, in: 0...CooldownRule.mostAllowedFails)
            configuration.routing.cooldown.allowedFails = allowed ?? configuration.routing.cooldown.allowedFails
        case "cooldown_time":
            configuration.routing.cooldown.time = pause(value) ?? configuration.routing.cooldown.time
        case "disable_cooldowns":
            configuration.routing.cooldown.isOff = flag(value) ?? configuration.routing.cooldown.isOff
        case "retry_after": configuration.routing.retryAfter = pause(value) ?? configuration.routing.retryAfter
        case "max_fallbacks":
            configuration.routing.fallbacks.most =
                integer(value, in: 0...Fallbacks.limit) ?? configuration.routing.fallbacks.most
        case "optional_pre_call_checks": readChecks(value)
        case "fallbacks": readFallbacks(value)
        case "default_fallbacks": readUsualFallbacks(value)
        default: return false
        }
        return true
    }

    private mutating func readStrategy(_ place: Place) {
        guard let word = text(place) else { return }
        if let strategy = RoutingStrategy(rawValue: word) {
            configuration.routing.strategy = strategy
        } else if RoutingStrategy.unsupported.contains(word) {
            warning("this strategy of LiteLLM's has no meaning for images; simple-shuffle is used", at: place)
        } else {
            error("this must be \(RoutingStrategy.allCases.map(\.rawValue).joined(separator: " or "))", at: place)
        }
    }

    /// Seconds, 0 allowed.
    private mutating func pause(_ place: Place) -> Duration? {
        guard let seconds = decimal(place) else { return nil }
        guard seconds <= Self.longestPause else {
            error("this must be a number of seconds, at most 86400", at: place)
            return nil
        }
        return .milliseconds(Int64((seconds * 1_000).rounded()))
    }

    private mutating func readChecks(_ place: Place) {
        for element in elements(of: place) ?? [] {
            guard let check = text(element) else { continue }
            if check == "enforce_model_rate_limits" {
                configuration.routing.enforcesRateLimits = true
            } else {
                warning("LiteLLM's check has no meaning here and is ignored", at: element)
            }
        }
    }

    // MARK: Fallbacks

    /// `[{model: [fallback, ...]}]`; each section replaces what the one before said.
    private mutating func readFallbacks(_ place: Place) {
        guard let entries = elements(of: place) else { return }
        fallbackRules.removeAll { $0.place.path.contains(".fallbacks") }
        configuration.routing.fallbacks.named = [:]
        for entry in entries {
            for member in members(of: entry) {
                let model = Place(node: YAMLNode(member.value.node.value, at: member.keyPosition), path: member.value.path)
                let fallbacks = readNames(member.value, of: member.name, at: model)
                configuration.routing.fallbacks.named[member.name, default: []] += fallbacks
            }
        }
    }

    private mutating func readUsualFallbacks(_ place: Place) {
        fallbackRules.removeAll { $0.place.path.contains(".default_fallbacks") }
        configuration.routing.fallbacks.usual = readNames(place, of: "*", at: place)
    }

    private mutating func readNames(_ place: Place, of model: String, at modelPlace: Place) -> [String] {
        var names: [String] = []
        for element in elements(of: place) ?? [] {
            if case .mapping = element.node.value {
                error("a fallback is the name of a model: other parameters cannot be given here", at: element)
                continue
            }
            guard let name = nonEmptyText(element) else { continue }
            names.append(name)
            fallbackRules.append(FallbackRule(model: model, fallback: name, modelPlace: modelPlace, place: element))
        }
        return names
    }

    /// After all models are read: a fallback that cannot serve is an error, one that leads back a warning.
    mutating func checkFallbacks() {
        var told: Set<String> = []
        for rule in fallbackRules {
            if rule.model != "*", !isServed(rule.model), told.insert(rule.model).inserted {
                warning("no model has this name, so its fallbacks are never used\(hint(rule.model))", at: rule.modelPlace)
            }
            if !isServed(rule.fallback) {
                error("no model has this name\(hint(rule.fallback))", at: rule.place)
            } else if let mode = otherMode(of: rule.fallback) {
                error("an image request cannot fall back to a model of mode \(mode)", at: rule.place)
            } else if rule.fallback == rule.model {
                warning("a model is not its own fallback: this has no effect", at: rule.place)
            } else if let loop = configuration.routing.fallbacks.loop(from: rule.fallback), loop.contains(rule.model),
                told.insert("loop \(Set(loop).sorted())").inserted
            {
                let path = loop.joined(separator: " -> ")
                warning("the fallbacks lead back: \(path). No model is tried twice for one request", at: rule.place)
            }
        }
    }

    /// After all models are read: an alias that leads nowhere would be listed and answered with 404.
    mutating func checkAliases() {
        for (alias, place) in zip(configuration.aliases, aliasPlaces) {
            if isModel(alias.name) {
                warning("a model has this name, so the alias is never used", at: place.alias.value)
            } else if !isModel(alias.model), configuration.aliases.contains(where: { $0.name == alias.model }) {
                error("this is an alias itself: write the model that it stands for", at: place.model)
            } else if !isServed(alias.model) {
                let meant = Spelling.nearest(to: alias.model, among: configuration.models.map(\.name.description))
                error("no model has this name\(meant.map { "; did you mean \($0)?" } ?? "")", at: place.model)
            }
        }
    }

    /// Whether a model has this very name, which an alias of the same name gives way to.
    private func isModel(_ name: String) -> Bool {
        configuration.models.contains { !$0.name.isWildcard && $0.name.description == name }
    }

    private func isServed(_ name: String) -> Bool {
        !models(named: name).isEmpty
    }

    /// The entries that a request for `name` may go to, as `Routing` finds them.
    private func models(named name: String) -> [ConfiguredModel] {
        let name = isModel(name) ? name : configuration.aliases.first { $0.name == name }?.model ?? name
        return configuration.models.filter { model in
            model.name.capture(name) != nil || model.id == name || EndpointPattern.provider + model.endpoint.description == name
        }
    }

    /// What all models of the name are instead of image models; `nil` when one is, or does not say.
    private func otherMode(of name: String) -> String? {
        let modes = models(named: name).map(\.mode)
        return modes.allSatisfy { $0 != nil && $0?.hasPrefix("image") == false } ? modes.first ?? nil : nil
    }

    private func hint(_ name: String) -> String {
        let names = configuration.models.map(\.name.description) + configuration.aliases.map(\.name)
        return Spelling.nearest(to: name, among: names).map { "; did you mean \($0)?" } ?? ""
    }
}
