import JSON
import Money
import Testing

@testable import Fal

/// A row of the table; the ids in tests are literals, a misspelt one stops the test.
func profile(_ id: String) -> EndpointProfile {
    guard let endpoint = try? Endpoint(id) else { fatalError("\(id) is no endpoint") }
    guard let profile = ProfileCatalog.builtIn[endpoint] else { fatalError("\(id) has no row") }
    return profile
}

func unlisted(_ id: String = "somebody/new-model/v1") -> EndpointProfile {
    guard let endpoint = try? Endpoint(id) else { fatalError("\(id) is no endpoint") }
    return .unlisted(endpoint)
}

extension Nanodollars {
    static func dollars(_ text: String) -> Nanodollars {
        guard let amount = Nanodollars(dollars: text) else { fatalError("\(text) is no amount") }
        return amount
    }
}

extension UnitPrice {
    static func dollars(_ text: String) -> UnitPrice {
        guard let price = UnitPrice(dollars: text) else { fatalError("\(text) is no price") }
        return price
    }
}

extension EndpointProfile: CustomTestStringConvertible {
    package var testDescription: String { endpoint.id }
}

/// An honest result: images of these sizes.
func output(_ sizes: [PixelSize?]) -> FalOutput {
    let images = sizes.map { size in
        FalOutput.Image(source: .address("https://v3.fal.media/files/b/x/y.png"), contentType: nil, size: size)
    }
    return FalOutput(images: images, seed: nil, timings: nil, unsafeContent: nil, prompt: nil, description: nil)
}

func size(_ text: String) -> ImageSize {
    guard let size = ImageSize(text) else { fatalError("\(text) is no size") }
    return size
}
