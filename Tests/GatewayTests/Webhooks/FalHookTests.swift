import Fal
import HTTP
import Ledger
import Testing

@testable import Gateway

@Suite("Addresses for fal's webhooks") struct FalHookTests {
    private static let job = JobID(requestID: "0199f6a1-0000-7000-8000-000000000000", ordinal: 3)

    private func hook(
        key: String = "id:secret", _ settings: String = "public_url: https://images.example.com/ai", replacing previous: FalHook? = nil
    ) throws -> FalHook? {
        let text = "model_list:\n  - model_name: a\n    litellm_params: {model: fal_ai/fal-ai/flux/dev, api_key: '\(key)'}\ngeneral_settings: {\(settings)}\n"
        return FalHook(try Reading.clean(text), replacing: previous)
    }

    private func segment(_ url: URL?) -> String? { url?.path.split(separator: "/").last.map(String.init) }

    @Test("an address names its job at every later start with the same key")
    func laterStart() throws {
        let key = try #require(FalKey("id:secret"))
        let address = try #require(try hook()?.address(of: Self.job, submittedWith: key))
        #expect(address.description.hasPrefix("https://images.example.com/ai/fal/webhook/"))
        #expect(try hook()?.job(try #require(segment(address))) == Self.job)
        #expect(try hook(key: "another:secret")?.job(try #require(segment(address))) == nil)
    }

    @Test("nobody makes an address of another job out of one")
    func forgery() throws {
        let key = try #require(FalKey("id:secret"))
        let hook = try #require(try self.hook())
        let name = try #require(segment(hook.address(of: Self.job, submittedWith: key)))
        let parts = name.split(separator: ".").map(String.init)
        #expect(hook.job(name) == Self.job)
        let forged = [
            "\(parts[0]).4.\(parts[2])", "x.3.\(parts[2])", "\(parts[0]).3.", "\(parts[0]).3", "", "..",
            "\(parts[0]).-3.\(parts[2])", name + ".", name.dropLast() + "g",
        ]
        for other in forged { #expect(hook.job(String(other)) == nil, "\(other)") }
    }

    @Test("the fal key is not part of an address")
    func secrecy() throws {
        let key = try #require(FalKey("id:a-long-secret"))
        let address = try #require(try hook(key: "id:a-long-secret")?.address(of: Self.job, submittedWith: key))
        #expect(!address.description.contains("secret"))
    }

    @Test("a configuration without an address hears of the jobs that were submitted with one")
    func noLongerAskedFor() throws {
        let key = try #require(FalKey("id:secret"))
        let before = try #require(try hook())
        let name = try #require(segment(before.address(of: Self.job, submittedWith: key)))
        let after = try #require(try hook(key: "another:secret", "follow: auto", replacing: before))
        #expect(after.job(name) == Self.job)
        #expect(after.keys === before.keys)
        #expect(!after.isAskedFor && after.address(of: Self.job, submittedWith: key) == nil)
        #expect(try #require(try hook(replacing: after)).isAskedFor)
    }

    @Test("no jobs are submitted with an address when they are followed in another way, or nobody reaches the gateway")
    func notAskedFor() throws {
        let key = try #require(FalKey("id:secret"))
        #expect(try hook("public_url: https://images.example.com, follow: poll")?.address(of: Self.job, submittedWith: key) == nil)
        #expect(try hook("follow: auto") == nil)
    }
}
