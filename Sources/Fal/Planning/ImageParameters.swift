package import JSON

/// What is wanted, in words that hold for every model.
package struct ImageParameters: Sendable {
    package var prompt: String?
    /// How many images; `nil` when nothing was said. Checked by the caller to be positive.
    package var count: Int?
    package var size: ImageSize?
    /// Parameters whose meaning is common but whose name and values differ from model to model, or
    /// that a model may not have at all: `quality`, `style`, `background`, `output_format`,
    /// `output_compression`, `moderation`, `user`. What an endpoint cannot honour is named in
    /// `Plan.dropped`.
    package var wishes: JSONObject
    /// fal's own parameters, sent as they are. They win over everything above but the prompt.
    package var extra: JSONObject
    package var delivery: Delivery
    /// Addresses (`https`, or data URIs) of the images to work on, and of the mask for the first of
    /// them. Each endpoint has its own parameters for them, or none.
    package var images: [String]
    package var mask: String?

    package enum Delivery: Sendable, Hashable {
        /// Images stay on fal's CDN and the result has their addresses.
        case hosted
        /// The result carries the images, where the model can do that.
        case inline
    }

    package init(
        prompt: String?,
        count: Int? = nil,
        size: ImageSize? = nil,
        wishes: JSONObject = [:],
        extra: JSONObject = [:],
        delivery: Delivery = .hosted,
        images: [String] = [],
        mask: String? = nil
    ) {
        self.prompt = prompt
        self.count = count
        self.size = size
        self.wishes = wishes
        self.extra = extra
        self.delivery = delivery
        self.images = images
        self.mask = mask
    }

    /// Names by which fal's models are told how large an image becomes.
    static let sizeParameters = ["image_size", "aspect_ratio", "resolution_mode", ResolutionRule.parameter]

    /// Adds a deployment's defaults. A default never beats what the caller said, under whichever
    /// name the caller said it: a default `image_size` gives way to `size`, `num_images` to `n`.
    ///
    /// - Parameter defaults: fal's names, or `n` and `size`; `size` as text.
    package func completed(with defaults: JSONObject, for profile: EndpointProfile) -> ImageParameters {
        var result = self
        let saidSize = size != nil || Self.sizeParameters.contains(where: extra.contains)
        let saidCount = count != nil || profile.count.parameterName.map(extra.contains) ?? false
        for (name, value) in defaults.members {
            if extra.contains(name) || wishes.contains(name) { continue }
            if !images.isEmpty, EndpointProfile.imageParameters.contains(name) { continue }
            if mask != nil, name == profile.maskInput?.parameter { continue }
            if name == "size" || Self.sizeParameters.contains(name) {
                if !saidSize { result.setDefault(name, value) }
            } else if name == "n" || name == profile.count.parameterName {
                if !saidCount { result.setDefault(name, value) }
            } else if !profile.isAnswered(name, by: wishes) {
                result.extra[name] = value
            }
        }
        return result
    }

    private mutating func setDefault(_ name: String, _ value: JSONValue) {
        switch name {
        case "size": size = value.stringValue.flatMap { ImageSize($0) }
        case "n": count = value.intValue
        default: extra[name] = value
        }
    }
}

extension CountRule {
    var parameterName: String? {
        if case .parameter(let name, _, _, _) = self { name } else { nil }
    }
}

extension EndpointProfile {
    /// Whether one of the wishes becomes the parameter of that name.
    fileprivate func isAnswered(_ name: String, by wishes: JSONObject) -> Bool {
        if name == format?.parameter, wishes.contains(Wish.outputFormat) { return true }
        return translations.contains { $0.value.parameter == name && wishes.contains($0.key) }
    }
}
