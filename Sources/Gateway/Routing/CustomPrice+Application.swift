import Fal

extension CustomPrice {
    /// The endpoint's price with the operator's in its place. LiteLLM's precedence:
    /// `output_cost_per_image`, then `output_cost_per_image_2K` and its kin by the request's
    /// `resolution`, then `output_cost_per_pixel`. Last comes `input_cost_per_image`, which LiteLLM
    /// ignores for images.
    func applied(to price: Price) -> Price {
        if let perImage { return price.replaced(perImage: perImage) }
        if !perImageAtResolution.isEmpty { return price.replaced(perImageAtResolution: perImageAtResolution) }
        if let perPixel { return price.replaced(perPixel: perPixel) }
        if let inputPerImage { return price.replaced(perImage: inputPerImage) }
        return price
    }
}
