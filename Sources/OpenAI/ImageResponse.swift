package import JSON

/// The answer to an image request: OpenAI's fields in LiteLLM's order, nulls written out, as both
/// of their SDKs parse it.
package struct ImageResponse: Sendable, Equatable {
    /// One picture: `url`, `base64` or both.
    package struct Image: Sendable, Equatable {
        package var url: String?
        /// Base64 text. It is sent as it is, without a look at its characters.
        package var base64: ArraySlice<UInt8>?
        package var revisedPrompt: String?
        /// LiteLLM's `provider_specific_fields`: width, height, content type. Left out when `nil`.
        package var providerFields: JSONObject?

        package init(
            url: String? = nil, base64: ArraySlice<UInt8>? = nil, revisedPrompt: String? = nil, providerFields: JSONObject? = nil
        ) {
            self.url = url
            self.base64 = base64
            self.revisedPrompt = revisedPrompt
            self.providerFields = providerFields
        }
    }

    /// Seconds since 1970.
    package var created: Int
    package var images: [Image]
    package var background: String?
    package var outputFormat: String?
    package var quality: String?
    package var size: String?
    package var usage = ImageUsage.zero
    /// What fal said beyond OpenAI's fields: seed, timings, request ids. Left out when `nil`.
    package var falgate: JSONObject?

    package init(created: Int, images: [Image]) {
        self.created = created
        self.images = images
    }

    /// The body in pieces to be sent one after the other.
    ///
    /// Every base64 text is a piece of its own and shares its storage with the response: megabytes
    /// of image are not copied for the JSON around them.
    package func segments() -> [ArraySlice<UInt8>] {
        var body = SegmentedBody()
        body.append(json: "{\"created\":")
        body.append(number: created)
        body.append(json: ",\"background\":")
        body.append(text: background)
        body.append(json: ",\"data\":[")
        for (index, image) in images.enumerated() {
            if index > 0 { body.append(json: ",") }
            image.write(to: &body)
        }
        body.append(json: "],\"output_format\":")
        body.append(text: outputFormat)
        body.append(json: ",\"quality\":")
        body.append(text: quality)
        body.append(json: ",\"size\":")
        body.append(text: size)
        body.append(json: ",\"usage\":")
        usage.write(to: &body)
        if let falgate {
            body.append(json: ",\"falgate\":")
            body.append(object: falgate)
        }
        body.append(json: "}")
        return body.finished()
    }
}

extension ImageResponse.Image {
    fileprivate func write(to body: inout SegmentedBody) {
        body.append(json: "{\"b64_json\":")
        if let base64 {
            body.append(json: "\"")
            body.append(whole: base64)
            body.append(json: "\"")
        } else {
            body.append(json: "null")
        }
        body.append(json: ",\"revised_prompt\":")
        body.append(text: revisedPrompt)
        body.append(json: ",\"url\":")
        body.append(text: url)
        if let providerFields {
            body.append(json: ",\"provider_specific_fields\":")
            body.append(object: providerFields)
        }
        body.append(json: "}")
    }
}
