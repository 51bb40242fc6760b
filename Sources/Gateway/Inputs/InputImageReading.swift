import HTTP
import OpenAI

/// The formats that fal's editing models read.
private let readable: Set<ImageFormat> = [.png, .jpeg, .webp, .gif]

extension InputImageLimits {
    /// A file as a data URI. Its bytes say what it is; what the sender calls it does not count.
    ///
    /// - Parameter label: the field and the file's name, for messages.
    /// - Throws: `.invalidRequest`.
    func dataURI(_ file: ArraySlice<UInt8>, field: String, label: String) throws(GatewayError) -> String {
        let format = try check(file, field: field, label: label)
        let prefix = format.dataPrefix
        var text: [UInt8] = []
        text.reserveCapacity(prefix.utf8.count + Base64.encodedCount(of: file.count))
        text += prefix.utf8
        var encoder = Base64Encoder()
        file.withUnsafeBytes { encoder.encode($0, into: &text) }
        encoder.finish(into: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// An image as the body names it: an address for fal to read, or a data URI, which is checked and
    /// given its true type.
    ///
    /// - Throws: `.invalidRequest`.
    func checked(_ image: InputImage) throws(GatewayError) -> InputImage {
        guard image.isInline else { return image }
        let uri: DataURI
        do {
            uri = try DataURI(image.address)
        } catch {
            throw refusal(image.field, "`\(image.field)` is \(error).")
        }
        guard uri.decodedCount <= bytes else {
            throw tooLarge(uri.decodedCount, field: image.field, label: "`\(image.field)`")
        }
        let file: [UInt8]
        do {
            file = try uri.decoded(maximumBytes: bytes)
        } catch {
            throw refusal(image.field, "`\(image.field)` is \(error).")
        }
        let format = try check(file[...], field: image.field, label: "`\(image.field)`")
        guard !image.address.hasPrefix(format.dataPrefix) else { return image }
        return InputImage(address: format.dataPrefix + uri.payload, field: image.field)
    }

    private func check(_ file: ArraySlice<UInt8>, field: String, label: String) throws(GatewayError) -> ImageFormat {
        guard !file.isEmpty else { throw refusal(field, "\(label) is empty.") }
        guard file.count <= bytes else { throw tooLarge(file.count, field: field, label: label) }
        guard let format = ImageFormat(magic: file), readable.contains(format) else {
            throw refusal(field, "\(label) is not an image that can be read: send PNG, JPEG, WebP or GIF.")
        }
        guard let size = ImageDimensions(file, format: format) else {
            throw refusal(field, "\(label) begins like a \(format.rawValue) image but has no readable width and height.")
        }
        guard size.pixels <= pixels else {
            throw refusal(field, "\(label) has \(size.width)x\(size.height) pixels; at most \(pixels) are allowed.")
        }
        return format
    }

    private func tooLarge(_ count: Int, field: String, label: String) -> GatewayError {
        refusal(field, "\(label) has \(count) bytes; at most \(bytes) are allowed.")
    }

    private func refusal(_ field: String, _ message: String) -> GatewayError {
        GatewayError(.invalidRequest, message, param: field, code: RequestProblem.Code.invalidValue.rawValue)
    }
}

extension ImageFormat {
    fileprivate var dataPrefix: String { "data:image/\(rawValue);base64," }
}
