import JSON

/// An image that a request works on.
package struct InputImage: Sendable, Equatable {
    /// An `https://` address, which fal reads, or a `data:` URI.
    package var address: String
    /// Where it stood in the request, for messages: `image`, `images[1]`, `mask`.
    package var field: String

    package init(address: String, field: String) {
        self.address = address
        self.field = field
    }

    package var isInline: Bool { InputImage.hasScheme("data:", address) }

    /// What a message to the caller says an image may be.
    static let allowed =
        "an https address, a data URI, or an object such as {\"image_url\": \"https://example.com/a.png\"}"

    /// Schemes are compared without regard to case. RFC 3986, section 3.1.
    fileprivate static func hasScheme(_ scheme: String, _ address: String) -> Bool {
        address.utf8.prefix(scheme.utf8.count).elementsEqual(scheme.utf8) { $0 | 0x20 == $1 | 0x20 }
    }
}

extension InputImage {
    /// The images of `image` or `images`: one, or a list of them.
    static func list(_ value: JSONValue, field: String) throws(RequestProblem) -> [InputImage] {
        guard case .array(let elements) = value else { return [try InputImage(value, field: field)] }
        var images: [InputImage] = []
        for (index, element) in elements.enumerated() {
            images.append(try InputImage(element, field: "\(field)[\(index)]"))
        }
        return images
    }

    /// One image, as OpenAI writes it (`{"image_url": "..."}`), as chat completions write it
    /// (`{"image_url": {"url": "..."}}`), or by its bare address.
    init(_ value: JSONValue, field: String) throws(RequestProblem) {
        switch value {
        case .string(let address):
            guard InputImage.hasScheme("https://", address) || InputImage.hasScheme("data:", address) else {
                throw .refused(field, value, allowed: InputImage.allowed)
            }
            self.init(address: address, field: field)
        case .object(let object):
            if let address = object["image_url"]?["url"] ?? object["image_url"] {
                guard address.stringValue != nil else {
                    throw .wrongType("\(field).image_url", address, allowed: "a string")
                }
                try self.init(address, field: "\(field).image_url")
            } else if object.contains("file_id") {
                throw RequestProblem(
                    "'\(field)' names a file of OpenAI's by `file_id`, which this gateway cannot read: "
                        + "send the image itself, or its address as `image_url`.",
                    param: "\(field).file_id", code: .invalidValue)
            } else {
                throw .wrongType(field, value, allowed: InputImage.allowed)
            }
        default: throw .wrongType(field, value, allowed: InputImage.allowed)
        }
    }
}
