import Foundation
import JSON
import Testing

@testable import Fal

@Suite("Every size on every endpoint") struct SizePropertyTests {
    static let sizes: [ImageSize] = {
        let edges = [1, 256, 512, 600, 768, 1000, 1024, 1152, 1366, 1440, 1536, 1792, 2048, 3840, 8192, 14142]
        let pixels = edges.flatMap { width in edges.map { ImageSize.pixels(PixelSize(checkedWidth: width, height: $0)) } }
        let terms = [1, 2, 3, 4, 5, 9, 16, 21, 99]
        let ratios = terms.flatMap { width in terms.map { ImageSize.ratio(AspectRatio(checkedWidth: width, height: $0)) } }
        return pixels + ratios + ImageSize.presetNames.map(ImageSize.preset) + [.automatic]
    }()

    @Test("what is sent is valid under the endpoint's schema", arguments: ProfileCatalog.builtIn.all)
    func valid(profile: EndpointProfile) throws {
        for size in Self.sizes {
            let input = try profile.plan(ImageParameters(prompt: "x", size: size)).calls[0].input
            for (name, value) in input.members where name != "prompt" {
                if !isValid(name, value, on: profile) { Issue.record("\(size) became \(name) \(value)") }
            }
        }
    }

    private func isValid(_ name: String, _ value: JSONValue, on profile: EndpointProfile) -> Bool {
        switch profile.size {
        case .imageSize(let rule):
            guard name == "image_size" else { return false }
            if let text = value.stringValue { return rule.presets.contains(text) }
            guard let width = value["width"]?.intValue, let height = value["height"]?.intValue,
                let size = PixelSize(width: width, height: height)
            else { return false }
            return rule.limits.allow(size)
        case .aspectRatio(let rule):
            let text = value.stringValue ?? ""
            if name == "resolution" { return rule.resolution?.tiers.contains { $0.name == text } ?? false }
            guard name == rule.parameter else { return false }
            return (rule.ratios.map(\.description) + rule.words).contains(text)
                || rule.takesAnyRatio && AspectRatio(text) != nil
        case .literal(let rule):
            let text = value.stringValue ?? ""
            return name == rule.parameter && (rule.sizes.map(\.description) + rule.words).contains(text)
        case .none, .unlisted: return false
        }
    }

    @Test("the nearest is truly the nearest", arguments: ProfileCatalog.builtIn.all)
    func nearest(profile: EndpointProfile) throws {
        let offered: [AspectRatio]
        let parameter: String
        switch profile.size {
        case .aspectRatio(let rule): (offered, parameter) = (rule.ratios, rule.parameter)
        case .literal(let rule): (offered, parameter) = (rule.sizes.map(\.ratio), rule.parameter)
        default: return
        }
        for case .pixels(let size) in Self.sizes {
            let input = try profile.plan(ImageParameters(prompt: "x", size: .pixels(size))).calls[0].input
            let text = try #require(input[parameter]?.stringValue)
            let sent = try #require(AspectRatio(text) ?? PixelSize(text)?.ratio)
            // By the definition, not by the code under test.
            let error = { (ratio: AspectRatio) in
                abs(log(Double(size.width) / Double(size.height)) - log(Double(ratio.width) / Double(ratio.height)))
            }
            let least = try #require(offered.map(error).min())
            if error(sent) > least + 1e-12 { Issue.record("\(size) became \(text)") }
        }
    }

    @Test("an allowed size of an image_size endpoint arrives to the pixel", arguments: ProfileCatalog.builtIn.all)
    func exact(profile: EndpointProfile) throws {
        guard case .imageSize(let rule) = profile.size else { return }
        for case .pixels(let size) in Self.sizes where rule.limits.allow(size) {
            let sent = try profile.plan(ImageParameters(prompt: "x", size: .pixels(size))).calls[0].input["image_size"]
            let value = try #require(sent)
            #expect(ImageSize(parameter: value).flatMap(Self.pixels) == size)
        }
    }

    private static func pixels(_ size: ImageSize) -> PixelSize? {
        switch size {
        case .pixels(let size): size
        case .preset(let name): PixelSize.preset(name)
        case .automatic, .ratio: nil
        }
    }

    @Test("a shape costs no more megapixels than the model's usual size", arguments: ["fal-ai/flux/dev", "fal-ai/flux/schnell"])
    func shapesStayCheap(id: String) throws {
        for case .ratio(let ratio) in Self.sizes {
            let call = try profile(id).plan(ImageParameters(prompt: "x", size: .ratio(ratio))).calls[0]
            #expect(call.pixels.largest <= PriceRule.megapixel)
        }
    }
}
