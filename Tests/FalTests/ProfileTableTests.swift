import Foundation
import JSON
import Testing

@testable import Fal

@Suite("ProfileTable") struct ProfileTableTests {
    private static let source = URL(filePath: #filePath)
        .deletingLastPathComponent().appending(path: "../../Sources/Fal/Profiles/profiles.json").standardized

    @Test("what is built in is what profiles.json says")
    func noDrift() throws {
        let json = try String(contentsOf: Self.source, encoding: .utf8)
        if ProcessInfo.processInfo.environment["FALGATE_REGENERATE"] != nil {
            try regenerate(json)
        }
        let builtIn = String(describing: ProfileTable.json)
        #expect(builtIn + "\n" == json, "run this test with FALGATE_REGENERATE=1 set, then again")
    }

    private func regenerate(_ json: String) throws {
        let file = Self.source.deletingLastPathComponent().appending(path: "ProfileTable.swift")
        let old = try String(contentsOf: file, encoding: .utf8)
        let opening = "#\"\"\"\n"
        let head = try #require(old.range(of: opening))
        #expect(!json.contains("\"\"\"#"))
        try (old[..<head.upperBound] + json.trimmingCharacters(in: .newlines) + "\n\"\"\"#\n}\n")
            .write(to: file, atomically: true, encoding: .utf8)
    }

    @Test("every row can be read, and there are sixty-four")
    func rows() throws {
        let catalog = try ProfileCatalog(json: ProfileTable.json)
        #expect(catalog.ids.count == 64)
        #expect(catalog.all.count == 64)
        #expect(catalog.all.allSatisfy { $0.origin == .catalogue })
    }

    @Test("the endpoints of the first release have rows", arguments: [
        "fal-ai/flux-pro/v1.1-ultra", "fal-ai/imagen4/preview", "fal-ai/recraft/v3/text-to-image",
        "fal-ai/stable-diffusion-v35-medium", "bria/text-to-image/3.2", "fal-ai/hidream-i1-full",
        "fal-ai/hidream-i1-fast", "fal-ai/ideogram/v2", "fal-ai/stable-diffusion-v35-large", "fal-ai/omnigen-v2",
        "fal-ai/imagen4/preview/fast", "fal-ai/flux-1/schnell", "fal-ai/recraft/v2/text-to-image",
        "fal-ai/f-lite/standard", "fal-ai/flux/dev", "fal-ai/flux/schnell", "fal-ai/flux-pro/v1.1", "fal-ai/fast-sdxl",
    ])
    func firstRelease(id: String) throws {
        #expect(ProfileCatalog.builtIn[try Endpoint(id)]?.endpoint.id == id)
    }

    @Test("an id that is only similar has no row", arguments: [
        "fal-ai/flux-pro", "fal-ai/flux-pro/v1.1-ultra-finetuned", "fal-ai/flux", "fal-ai/imagen4", "FAL-AI/flux/dev",
    ])
    func noGuessing(id: String) throws {
        let endpoint = try Endpoint(id)
        #expect(ProfileCatalog.builtIn[endpoint] == nil)
        let profile = ProfileCatalog.builtIn.profile(for: endpoint)
        #expect(profile.origin == .unlisted)
        #expect(profile.endpoint == endpoint)
        #expect(!profile.price.isKnown)
    }

    @Test("a row says where its price is from, and an unknown price is marked", arguments: ProfileCatalog.builtIn.all)
    func prices(profile: EndpointProfile) {
        #expect(!profile.price.source.isEmpty)
        #expect(profile.price.date.hasPrefix("20"))
        if !profile.price.isKnown { #expect(profile.unknown.contains("price")) }
    }

    @Test("an unknown limit is marked, and set low", arguments: ProfileCatalog.builtIn.all)
    func counts(profile: EndpointProfile) {
        guard case .parameter(let name, let maximum, let basis, _) = profile.count else { return }
        #expect(name == "num_images")
        #expect(["documented", "secondary", "inferred", "unknown"].contains(basis))
        #expect((1...10).contains(maximum ?? 0))
        if basis == "unknown" {
            #expect(maximum ?? 0 <= 4)
            #expect(profile.unknown.contains("images.maximum"))
        }
    }

    @Test("every translation leads to a value the endpoint takes", arguments: ProfileCatalog.builtIn.all)
    func translations(profile: EndpointProfile) {
        for (_, translation) in profile.translations {
            #expect(profile.takes(translation.parameter))
            guard let choice = profile.choices[translation.parameter] else { continue }
            #expect(translation.values.values.allSatisfy(choice.values.contains))
        }
    }

    @Test("inputs that must be there are among the required parameters", arguments: ProfileCatalog.builtIn.all)
    func inputs(profile: EndpointProfile) {
        for input in profile.inputs where input.isRequired { #expect(profile.required.contains(input.parameter)) }
    }

    private static let broken: [(String, String)] = [
        (#""task": "text-to-image""#, #""task": 7"#),
        (#""id": "fal-ai/flux/dev""#, #""id": "flux""#),
        (#""sync_mode": true"#, #""sync_modus": true"#),
        (#""usd": "0.06""#, #""usd": 0.06"#),
        (#""usd": "0.06""#, #""usd": "-1""#),
        (#""by": "aspect_ratio""#, #""by": "guess""#),
        (#""field": "images""#, #""field": "video""#),
        (#""parameter": "num_images", "maximum": 4"#, #""parameter": "num_images", "maximum": 0"#),
        (#""default": "16:9", "any_ratio""#, #""default": "17:9", "any_ratio""#),
        (#""per": "megapixel""#, #""per": "mile""#),
        (#""edge": [512, 2048]"#, #""edge": [2048, 512]"#),
        (#""presets": ["square_hd""#, #""presets": ["quadrat""#),
        (#""schema": 1"#, #""schema": 2"#),
        (#""id": "fal-ai/flux/dev""#, #""id": "fal-ai/flux/schnell""#),
    ]

    @Test("a mistake in the table is an error with its place", arguments: broken)
    func mistakes(right: String, wrong: String) throws {
        let text = String(describing: ProfileTable.json).replacing(right, with: wrong)
        #expect(text != String(describing: ProfileTable.json))
        let table = try JSON.parse(text, duplicateKeys: .keepLast)
        #expect(throws: ProfileError.self) { try ProfileCatalog(table: table) }
    }
}
