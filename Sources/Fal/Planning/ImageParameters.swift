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
        /// Images stay on fal's CDN and the result has their addresses, so that they can be fetched again.
        case hosted
        /// The result carries the images, where the model can do that.
        case inline
        /// Whichever the parameters say.
        case either
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

    /// Adds a deployment's defaults. A default never beats what the caller said, under whichever
    /// name the caller said it: a default `image_size` gives way to `size`, `num_images` to `n`. A wish
    /// that the endpoint cannot honour is as if it had not been said.
    ///
    /// - Parameter defaults: fal's names, or `n` and `size`; `size` as text.
    package func completed(with defaults: JSONObject, for profile: EndpointProfile) -> ImageParameters {
        var result = self
        let countName = profile.count.parameterName ?? Batches.usualParameter
        let saidCount = count != nil || extra.contains(countName)
        for (name, value) in defaults.members {
            if extra.contains(name) || profile.isAnswered(name, by: wishes) { continue }
            if !images.isEmpty, EndpointProfile.imageParameters.contains(name) { continue }
            if mask != nil, name == profile.maskInput?.parameter { continue }
            if let aspects = SizeAspects(of: name, value) {
                result.setDefault(name, value, of: aspects, beside: self, on: profile)
            } else if name == "n" || name == countName {
                if !saidCount { result.setDefault(name, value) }
            } else if wishes.contains(name) {
                result.extra.set(Wish(name: name, value: value), on: profile)
            } else {
                result.extra[name] = value
            }
        }
        return result
    }

    /// What the caller has said about the size.
    private var sizeAspects: SizeAspects {
        var said = size.map(SizeAspects.init) ?? []
        for name in SizeAspects.parameters {
            if let value = extra[name], let aspects = SizeAspects(of: name, value) { said.formUnion(aspects) }
        }
        return said
    }

    /// A default about the size. What the caller said of it wins as a whole: a default counts for the shape or the
    /// resolution of which he said nothing, and `auto`, which is neither, only where he said nothing at all.
    private mutating func setDefault(
        _ name: String, _ value: JSONValue, of aspects: SizeAspects, beside caller: ImageParameters, on profile: EndpointProfile
    ) {
        let said = caller.sizeAspects
        guard said.isEmpty || (!aspects.isEmpty && aspects.isDisjoint(with: said)) else { return }
        if said.isEmpty || name == ResolutionRule.parameter || caller.extra.contains(ResolutionRule.parameter) {
            setDefault(name, value)
        } else if case .aspectRatio(let rule) = profile.size, rule.resolution != nil, let size = ImageSize(parameter: value) {
            // `auto_2K` and a ratio: two parameters here, where elsewhere one would replace the other.
            for field in rule.mapping(of: size)?.fields ?? [] { extra[field.name] = field.value }
        }
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
    /// Whether a wish of that name, or one that becomes the parameter of that name, is honoured.
    fileprivate func isAnswered(_ name: String, by wishes: JSONObject) -> Bool {
        wishes.members.contains { wish in
            guard !wish.value.isNull,
                case .sent(let parameter, _)? = try? Wish(name: wish.key, value: wish.value).outcome(on: self)
            else { return false }
            return wish.key == name || parameter == name
        }
    }
}

extension JSONObject {
    /// Adds what a default becomes on the endpoint, unless there is something of that name.
    fileprivate mutating func set(_ wish: Wish, on profile: EndpointProfile) {
        guard case .sent(let parameter, let value)? = try? wish.outcome(on: profile), !contains(parameter) else { return }
        self[parameter] = value
    }
}
