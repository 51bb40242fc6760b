import Fal
import JSON
import Testing

@testable import FalSimulator

/// Two readings of one fal: falgate's table, and what is learned from the simulator's documents.
@Suite("Learned and tabled profiles") struct LearningAgreementTests {
    static func learned(_ id: String) throws -> EndpointProfile {
        let endpoint = try Fal.Endpoint(id)
        let document = try #require(OpenAPIDocument(endpoint: id))
        // As it comes over the wire.
        let parsed = try JSON.parse(document.json().serialized())
        return try EndpointProfile(
            row: try ProfileLearner.row(from: parsed, endpoint: endpoint, on: "2026-11-21"), origin: .learned)
    }

    /// Where a document cannot know what the table knows.
    private static let limitsInProse: Set<String> = [
        // Pages of fal's, not its schema, say these; see the notes of the rows.
        "fal-ai/bytedance/seedream/v4/text-to-image", "fal-ai/bytedance/seedream/v4/edit", "openai/gpt-image-2",
        "openai/gpt-image-2.5/flare/text-to-image", "openai/gpt-image-2/edit", "openai/gpt-image-2.5/sunburst/text-to-image",
        "openai/gpt-image-2.5/flare/edit", "openai/gpt-image-2.5/sunburst/edit",
    ]
    /// The simulator makes no gif.
    private static let otherFormats: Set<String> = ["fal-ai/birefnet/v2"]
    /// The simulator has to deliver some size; fal's documents name none.
    private static let otherDefaults: Set<String> = ["fal-ai/sana", "fal-ai/sana/sprint"]

    @Test("what is learned of an endpoint agrees with its row", arguments: ProfileCatalog.builtIn.all)
    func agreement(profile: EndpointProfile) throws {
        let id = profile.endpoint.id
        let learned = try Self.learned(id)
        switch (learned.size, profile.size) {
        case (.imageSize(let one), .imageSize(let other)):
            #expect(one.presets == other.presets)
            if !Self.otherDefaults.contains(id) { #expect(one.defaultSize == other.defaultSize) }
            if !Self.limitsInProse.contains(id) { #expect(one.limits == other.limits) }
        case (.aspectRatio(let one), .aspectRatio(let other)):
            // How many pixels a ratio gets at most stands on fal's pages only.
            #expect(one.parameter == other.parameter)
            #expect(one.ratios == other.ratios)
            #expect(one.words == other.words)
            #expect(one.takesAnyRatio == other.takesAnyRatio)
            #expect(one.defaultValue == other.defaultValue)
            #expect(one.resolution == other.resolution)
        default: #expect(learned.size == profile.size)
        }
        switch (learned.count, profile.count) {
        case (.parameter(let one, let most, _, let factor), .parameter(let other, let known, _, let multiplier)):
            // How well the maximum is known is not the document's to say.
            #expect(one == other)
            #expect(most == known)
            #expect(factor == multiplier)
        default: #expect(learned.count == profile.count)
        }
        if !Self.otherFormats.contains(id) { #expect(learned.format == profile.format) }
        #expect(learned.choices == profile.choices)
        #expect(Set(learned.inputs) == Set(profile.inputs))
        #expect(Set(learned.required) == Set(profile.required))
        #expect(Set(learned.parameters) == Set(profile.parameters))
        #expect(learned.hasSeed == profile.hasSeed)
        #expect(learned.defaultSeed == profile.defaultSeed)
        #expect(learned.hasSyncMode == profile.hasSyncMode)
        #expect(learned.output == profile.output)
    }

    @Test("what a document cannot say stays as the table has it", arguments: ProfileCatalog.builtIn.all)
    func kept(profile: EndpointProfile) throws {
        let learned = try Self.learned(profile.endpoint.id)
        let kept = ProfileCatalog.builtIn.adding(learned: [learned], prices: []).profile(for: profile.endpoint)
        #expect(kept.origin == .learned)
        #expect(kept.price == profile.price)
        #expect(kept.edit == profile.edit)
        if !Self.otherDefaults.contains(profile.endpoint.id) { #expect(kept.size == profile.size) }
        #expect(kept.translations.filter { profile.translations[$0.key] != nil } == profile.translations)
        #expect(kept.maximumInputs == profile.maximumInputs)
        #expect(kept.unknown.contains("price") == profile.unknown.contains("price"))
    }

    @Test("endpoints without a row are learned, a video's is refused")
    func others() throws {
        let qwen = try Self.learned("fal-ai/qwen-image")
        #expect(qwen.count == .parameter("num_images", maximum: 4, basis: "documented", multiplier: nil))
        #expect(try Self.learned("fal-ai/luma-photon").count == .single)
        #expect(throws: LearningFailure.notAnImageEndpoint(fields: ["video"])) {
            try Self.learned("fal-ai/kling-video/v2.1/master/text-to-video")
        }
    }
}
