import JSON

/// What is sent of the images a request works on.
struct ImageMapping {
    var fields: [(name: String, value: JSONValue)] = []
    /// Parameters of other endpoints that were understood and are not forwarded as well.
    var understood: Set<String> = []
}

extension EndpointProfile {
    /// The parameter for the image to work on. Where there are several, the one without which the
    /// model does nothing: the others take style references and the like.
    package var imageInput: ImageInput? {
        let sources = inputs.filter { !$0.isMask }
        return sources.first(where: \.isRequired) ?? sources.first
    }

    /// Where an edit goes: to the endpoint that edits, or to this one if it takes images. `nil` where
    /// there is none.
    package var editEndpoint: Endpoint? { edit ?? (imageInput == nil ? nil : endpoint) }

    package var maskInput: ImageInput? { inputs.first(where: \.isMask) }

    /// What fal's models call the image they work on.
    static let imageParameters = ["image_url", "image_urls", "input_image_urls"]

    /// Puts images and mask into the parameters this endpoint has for them.
    ///
    /// fal's own parameter of this endpoint, in `extra`, stands for itself; one that another endpoint
    /// has for the same thing is translated.
    ///
    /// - Throws: where there are more images than the model takes, or a mask it does not take.
    func images(of wanted: ImageParameters) throws(PlanRefusal) -> ImageMapping {
        if origin == .unlisted { return unlistedImages(of: wanted) }
        var mapping = ImageMapping()
        var images = wanted.images
        if images.isEmpty, let input = imageInput, !wanted.extra.says(input.parameter) {
            for name in Self.imageParameters where !takesInput(name) {
                guard let addresses = wanted.extra.addresses(name) else { continue }
                images += addresses
                mapping.understood.insert(name)
            }
        }
        // The caller's own parameter is fal's to judge.
        if !images.isEmpty, !(imageInput.map { wanted.extra.says($0.parameter) } ?? false) {
            guard let input = imageInput else { throw .imagesNotTaken }
            let most = input.isList ? maximumInputs ?? .max : 1
            guard images.count <= most else { throw .tooManyImages(given: images.count, most: most) }
            mapping.fields.append((input.parameter, input.value(of: images)))
        }
        if let mask = wanted.mask, !(maskInput.map { wanted.extra.says($0.parameter) } ?? false) {
            guard let input = maskInput else { throw .maskNotTaken }
            mapping.fields.append((input.parameter, input.value(of: [mask])))
        }
        return mapping
    }

    /// Refuses a request without what the model cannot do without, which fal would refuse, too, but
    /// later. `plan` does not ask: it answers for parts of requests as well.
    package func checkCompleteness(of wanted: ImageParameters) throws(PlanRefusal) {
        let sent = try images(of: wanted).fields.map(\.name)
        func has(_ parameter: String) -> Bool { sent.contains(parameter) || wanted.extra.says(parameter) }
        if let input = imageInput, input.isRequired, !has(input.parameter) { throw .imageMissing }
        if let mask = maskInput, mask.isRequired, !has(mask.parameter) { throw .maskMissing }
        if required.contains("prompt"), wanted.prompt == nil, !has("prompt") { throw .promptMissing }
    }

    private func takesInput(_ name: String) -> Bool {
        takes(name) || inputs.contains { $0.parameter == name }
    }

    /// Without a profile: both names that fal's models have for it. A model leaves the one it does not
    /// know alone.
    private func unlistedImages(of wanted: ImageParameters) -> ImageMapping {
        var mapping = ImageMapping()
        guard !Self.imageParameters.contains(where: wanted.extra.says) else { return mapping }
        if let first = wanted.images.first {
            mapping.fields.append(("image_url", .string(first)))
            mapping.fields.append(("image_urls", .array(wanted.images.map(JSONValue.string))))
        }
        if let mask = wanted.mask { mapping.fields.append(("mask_url", .string(mask))) }
        return mapping
    }
}

extension EndpointProfile.ImageInput {
    package var isMask: Bool { parameter.hasPrefix("mask") }

    fileprivate func value(of addresses: [String]) -> JSONValue {
        isList ? .array(addresses.map(JSONValue.string)) : addresses.first.map(JSONValue.string) ?? .null
    }
}

extension JSONObject {
    /// Has the member, with something in it.
    fileprivate func says(_ name: String) -> Bool {
        guard let value = self[name] else { return false }
        return !value.isNull
    }

    /// One address or a list of them; `nil` for anything else.
    fileprivate func addresses(_ name: String) -> [String]? {
        if let address = self[name]?.stringValue { return [address] }
        guard let list = self[name]?.arrayValue else { return nil }
        let addresses = list.compactMap(\.stringValue)
        return addresses.count == list.count && !addresses.isEmpty ? addresses : nil
    }
}
