package import JSON

/// What an image request with `stream: true` is answered with, one server-sent event each.
///
/// OpenAI's API reference, "Image generation streaming" and "Image edit streaming": fields at the
/// top of the object, `usage` always there, the event's name repeated as `type`.
package enum ImageStreamEvent: Sendable, Equatable {
    /// A finished picture.
    case completed(Completed)
    /// The request failed after its answer had begun. OpenAI's SDKs raise the error in it.
    case failed(ErrorEnvelope)

    /// The first word of an event's name.
    package enum Family: String, Sendable {
        case generation = "image_generation"
        case edit = "image_edit"
    }

    package struct Completed: Sendable, Equatable {
        package var family: Family
        package var image: ImageResponse.Image
        /// Seconds since 1970.
        package var created: Int
        package var background: String?
        package var outputFormat: String?
        package var quality: String?
        package var size: String?
        package var usage = ImageUsage.zero
        /// What fal said beyond OpenAI's fields. Left out when `nil`.
        package var falgate: JSONObject?

        package init(_ family: Family, _ image: ImageResponse.Image, created: Int) {
            self.family = family
            self.image = image
            self.created = created
        }
    }

    /// The event as it goes over the wire, blank line included: the base64 text is a piece of its
    /// own and shares its storage with the event.
    package func segments() -> [ArraySlice<UInt8>] {
        var body = SegmentedBody()
        switch self {
        case .completed(let event):
            body.append(json: "event: \(event.family.rawValue).completed\ndata: ")
            event.write(to: &body)
        case .failed(let envelope):
            var object: JSONObject = ["type": "error"]
            object.add(missingFrom: envelope.json)
            body.append(json: "event: error\ndata: ")
            body.append(object: object)
        }
        body.append(json: "\n\n")
        return body.finished()
    }
}

extension ImageStreamEvent.Completed {
    fileprivate func write(to body: inout SegmentedBody) {
        body.append(json: "{\"type\":\"\(family.rawValue).completed\"")
        if let base64 = image.base64 {
            body.append(json: ",\"b64_json\":\"")
            body.append(whole: base64)
            body.append(json: "\"")
        }
        if let url = image.url { body.append(member: "url", url) }
        if let prompt = image.revisedPrompt { body.append(member: "revised_prompt", prompt) }
        body.append(json: ",\"created_at\":\(created)")
        body.append(member: "background", background)
        body.append(member: "output_format", outputFormat)
        body.append(member: "quality", quality)
        body.append(member: "size", size)
        body.append(json: ",\"usage\":")
        usage.write(to: &body)
        if let falgate {
            body.append(json: ",\"falgate\":")
            body.append(object: falgate)
        }
        body.append(json: "}")
    }
}

extension SegmentedBody {
    fileprivate mutating func append(member name: String, _ text: String?) {
        append(json: ",\"\(name)\":")
        append(text: text)
    }
}
