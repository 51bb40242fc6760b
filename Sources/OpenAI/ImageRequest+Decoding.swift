package import JSON

extension ImageRequest {
    /// Reads a request.
    ///
    /// An `extra_body` that arrives as a literal object, as LiteLLM's users send it, is unpacked
    /// first: its members count as members of the body, whose own win. The checks, and the refusal
    /// of reserved fields, therefore see them too.
    ///
    /// In a generation, `image`, `images` and `mask` are parameters of fal's like any other.
    ///
    /// - Parameters:
    ///   - maximumImages: the largest `n`.
    ///   - uploads: images that did not come in the body.
    /// - Throws: the first problem in the order of the body; a missing prompt or image last.
    package static func decode(
        _ body: JSONValue, kind: Kind = .generation, maximumImages: Int, uploads: Uploads = Uploads()
    ) throws(RequestProblem) -> ImageRequest {
        guard case .object(let object) = body else { throw .bodyIsNoObject(body) }

        var request = ImageRequest(prompt: nil, kind: kind)
        request.images = uploads.images
        request.mask = uploads.mask
        for (name, value) in try unpacked(object).members {
            let field = RequestField(name, value)
            switch name {
            case "prompt": request.prompt = try field.prompt()
            case "image" where kind != .generation, "images" where kind != .generation:
                request.images += try InputImage.list(value, field: name)
            case "mask" where kind != .generation:
                guard request.mask == nil else { throw .twoMasks }
                request.mask = try InputImage(value, field: name)
            case "model": request.model = try field.filledText()
            case "n": request.count = try field.integer(in: 1...max(1, maximumImages))
            case "size": request.size = try field.size()
            case "response_format": request.responseFormat = try field.responseFormat()
            case "quality": request.quality = try field.text()
            case "style": request.style = try field.text()
            case "background": request.background = try field.text()
            case "moderation": request.moderation = try field.text()
            case "output_format": request.outputFormat = try field.text()
            case "output_compression": request.outputCompression = try field.integer(in: outputCompressions)
            case "input_fidelity" where kind != .generation: request.inputFidelity = try field.text()
            case "user": request.user = try field.text()
            case "safety_identifier": request.safetyIdentifier = try field.text()
            case "stream": request.stream = try field.flag()
            case "partial_images": request.partialImages = try field.integer(in: partialImageCounts)
            default:
                guard !name.hasControlCharacters else { throw .unreadableName(name) }
                switch ReservedField(name) {
                case .refused: throw .notAllowed(name)
                case .gateway: request.gatewayFields.append(name, value)
                case nil: request.extra.append(name, value)
                }
            }
        }
        try request.checkCompleteness()
        return request
    }

    /// What the kind needs. An image may also be named by one of fal's own parameters, and whether
    /// that is one of the model's is not known here.
    private func checkCompleteness() throws(RequestProblem) {
        if kind != .variation, prompt == nil { throw .missing("prompt", allowed: RequestField.allowedPrompt) }
        guard kind != .generation, images.isEmpty else { return }
        let namesImages = extra.keys.contains { $0.hasSuffix("image_url") || $0.hasSuffix("image_urls") }
        guard namesImages else { throw .missing("image", allowed: "a file, or " + InputImage.allowed) }
    }

    /// The members that say something: without nulls, and with those of `extra_body`.
    private static func unpacked(_ body: JSONObject) throws(RequestProblem) -> JSONObject {
        var members = body.withoutNulls
        guard let extraBody = members.removeValue(forKey: "extra_body") else { return members }
        guard case .object(let object) = extraBody else {
            throw .wrongType("extra_body", extraBody, allowed: "an object")
        }
        guard !object.contains("extra_body") else {
            throw RequestProblem(
                "'extra_body' must not contain another 'extra_body'.", param: "extra_body", code: .invalidValue)
        }
        members.add(missingFrom: object.withoutNulls)
        return members
    }
}

extension JSONObject {
    fileprivate var withoutNulls: JSONObject {
        members.contains { $0.value.isNull } ? JSONObject(members: members.filter { !$0.value.isNull }) : self
    }
}

extension String {
    /// U+0000 to U+001F and U+007F, which a body can only carry as escapes.
    fileprivate var hasControlCharacters: Bool {
        utf8.contains { $0 < 0x20 || $0 == 0x7F }
    }
}
