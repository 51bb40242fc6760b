import Foundation
import Testing

@testable import Gateway

@Suite("Configuration files") struct LoadTests {
    static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    @Test("config.example.yaml loads with a fal key and nothing to be said about it", arguments: ["FAL_AI_API_KEY", "FAL_KEY"])
    func example(variable: String) throws {
        let path = Self.repository.appendingPathComponent("config.example.yaml").path
        let (configuration, findings) = Configuration.load(path: path, environment: [variable: "id:secret"], strictness: .strict)
        #expect(findings.map(\.description) == [])
        let loaded = try #require(configuration)
        #expect(loaded.models.map(\.name.description) == ["flux-schnell", "flux-dev", "poster", "poster", "fal_ai/*"])
        #expect(loaded.masterKey == nil)
        #expect(loaded.database == .file(path: "falgate.db"))
    }

    @Test("the realistic documents of the YAML tests load or say why not")
    func litellmDocuments() throws {
        let folder = Self.repository.appendingPathComponent("Tests/YAMLTests/Fixtures")
        let environment = ["FAL_AI_API_KEY": "k", "FAL_KEY": "k"]
        let files = ["litellm-fal-page", "litellm-anchors", "litellm-prompts"]
        for file in files {
            let path = folder.appendingPathComponent("\(file).yaml").path
            let (configuration, findings) = Configuration.load(path: path, environment: environment)
            #expect(configuration != nil, "\(file): \(findings)")
        }
        let others = folder.appendingPathComponent("litellm-docs-style.yaml").path
        let (configuration, findings) = Configuration.load(path: others, environment: environment)
        #expect(configuration == nil)
        #expect(findings.filter { $0.severity == .error }.map(\.path).prefix(1) == ["model_list[0].litellm_params.model"])
    }

    @Test("a file that is missing or a folder is a finding")
    func unreadable() {
        let missing = Configuration.load(path: "/nonexistent/config.yaml", environment: [:])
        #expect(missing.findings.map(\.description) == ["/nonexistent/config.yaml:1:1: the file cannot be read: No such file or directory"])
        #expect(Configuration.load(path: "/tmp", environment: [:]).findings.map(\.description) == ["/tmp:1:1: the file cannot be read: Is a directory"])
    }

    @Test("an endless file is refused, not read to its end")
    func endless() {
        #expect(Configuration.load(path: "/dev/zero", environment: [:]).findings.first?.message.contains("at most 1048576") == true)
    }
}

@Suite("Model patterns") struct ModelPatternTests {
    @Test("a name matches itself only, a * any text", arguments: [
        ("flux", "flux", ""), ("flux", "Flux", nil), ("flux", "flux ", nil), ("fal_ai/*", "fal_ai/fal-ai/flux/dev", "fal-ai/flux/dev"),
        ("fal_ai/*", "fal_ai/", ""), ("fal_ai/*", "openai/x", nil), ("*", "anything", "anything"), ("a*a", "a", nil), ("a*a", "aa", ""),
        ("img-*-v1", "img-x-v1", "x"), ("é*", "é1", "1"),
    ] as [(String, String, String?)])
    func capture(pattern: String, name: String, captured: String?) throws {
        #expect(try #require(ModelPattern(pattern)).capture(name).map(String.init) == captured)
    }

    @Test("what the name leaves for the * becomes the endpoint", arguments: [
        ("*", "fal-ai/flux/dev", "fal-ai/flux/dev"), ("fal-ai/*", "flux/dev", "fal-ai/flux/dev"), ("*", "fal_ai/fal-ai/flux/dev", "fal-ai/flux/dev"),
        ("*", "", nil), ("*", "a//b", nil), ("*", "../x", nil), ("*", "a b", nil), ("*", "a?b", nil), ("*", "a/*", nil), ("a/b", "x", "a/b"),
    ] as [(String, String, String?)])
    func endpoint(pattern: String, captured: String, endpoint: String?) throws {
        #expect(try #require(EndpointPattern(pattern)).endpoint(capturing: captured[...]) == endpoint)
    }

    @Test("a pattern is refused when it could not be a URL's path", arguments: ["", "/", "a//b", "a/../b", "a/./b", "a/b/", "a b", "a?b", "*/*", "ä"])
    func refused(text: String) {
        #expect(EndpointPattern(text) == nil)
    }
}
