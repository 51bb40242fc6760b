import Fal
import Money

extension CustomPrice {
    /// The endpoint's price with the operator's in its place. LiteLLM's precedence:
    /// `output_cost_per_image`, then `output_cost_per_image_2K` and its kin by the request's
    /// `resolution`, then `output_cost_per_pixel`. Last comes `input_cost_per_image`, which LiteLLM
    /// ignores for images.
    ///
    /// Prices of resolutions that the endpoint does not have are left out: an entry with a `*`, and one
    /// whose edits go elsewhere, stand for endpoints that have them and others that do not.
    func applied(to profile: EndpointProfile) -> Price {
        let price = profile.price
        if let perImage { return price.replaced(perImage: perImage) }
        var perResolution: [String: UnitPrice] = [:]
        for (name, price) in perImageAtResolution {
            if let resolution = profile.resolution(named: name) { perResolution[resolution] = price }
        }
        if !perResolution.isEmpty { return price.replaced(perImageAtResolution: perResolution) }
        if let perPixel { return price.replaced(perPixel: perPixel) }
        if let inputPerImage { return price.replaced(perImage: inputPerImage) }
        return price
    }

    /// What is wrong with the prices for this endpoint; `nil` when each of them has a use.
    func problem(at profile: EndpointProfile) -> String? {
        guard let name = perImageAtResolution.keys.sorted().first(where: { profile.resolution(named: $0) == nil }) else { return nil }
        let names = profile.resolutions ?? []
        let known = names.isEmpty ? "has no resolution" : "has the resolutions \(names.joined(separator: ", "))"
        return "output_cost_per_image_\(name) would never count: \(profile.endpoint.id) \(known)"
    }
}
