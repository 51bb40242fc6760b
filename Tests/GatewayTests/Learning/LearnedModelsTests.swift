import Fal
import JSON
import Synchronization
import Testing

@testable import Gateway

@Suite("Models learned at first use") struct LearnedModelsTests {
    private let endpoint: Endpoint
    private let profile: EndpointProfile

    init() throws {
        endpoint = try Endpoint("acme/picture")
        profile = try EndpointProfile(
            row: ["id": "acme/picture", "task": "text-to-image", "output": ["field": "images"]], origin: .learned)
    }

    @Test("a thousand callers cause one fetch, and all get what it gave")
    func oneFetch() async {
        let models = LearnedModels()
        let (fetches, waiting) = (Count(), Count())
        let (endpoint, profile) = (endpoint, profile)
        await withTaskGroup(of: EndpointProfile.Origin?.self) { group in
            for _ in 0..<1000 {
                group.addTask {
                    waiting.add()
                    return await models.profile(of: endpoint) {
                        fetches.add()
                        Task {
                            // Most of them are waiting by then.
                            while waiting.value < 1000 { await Task.yield() }
                            models.finish(endpoint, profile)
                        }
                    }?.origin
                }
            }
            for await origin in group { #expect(origin == .learned) }
        }
        #expect(fetches.value == 1)
        #expect(models.known(endpoint)?.origin == .learned)
    }

    @Test("what could not be learned is not asked again at once")
    func failure() async {
        let models = LearnedModels()
        for attempt in 0..<3 {
            let profile = await models.profile(of: endpoint) {
                #expect(attempt == 0)
                models.finish(endpoint, nil)
            }
            #expect(profile == nil)
        }
        #expect(models.known(endpoint) == nil)
    }

    @Test("beyond its bounds an endpoint is used unlearned, and nobody waits")
    func bounds() async throws {
        let models = LearnedModels()
        let started = Count()
        var asked: [Endpoint] = []
        for number in 0..<16 { asked.append(try Endpoint("acme/\(number)")) }
        let endpoints = asked
        await withTaskGroup(of: Void.self) { group in
            for endpoint in endpoints {
                group.addTask { _ = await models.profile(of: endpoint) { started.add() } }
            }
            while started.value < 16 { await Task.yield() }
            let unlearned = await models.profile(of: endpoint) { Issue.record("a seventeenth fetch began") }
            #expect(unlearned == nil)
            for endpoint in endpoints { models.finish(endpoint, nil) }
        }
    }
}

private final class Count: Sendable {
    private let count = Atomic(0)
    var value: Int { count.load(ordering: .relaxed) }
    func add() { count.add(1, ordering: .relaxed) }
}
