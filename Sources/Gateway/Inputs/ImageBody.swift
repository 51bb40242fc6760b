import HTTP
import JSON
import OpenAI

/// What came in the body of an image request, as JSON whatever it was sent as.
struct ImageBody {
    let fields: JSONValue
    /// Files that came beside the fields.
    let uploads: ImageRequest.Uploads
    private let limits: InputImageLimits
    /// Values in a body: far more than any model takes, and some megabytes in memory.
    private static let mostValues = 100_000

    /// Generations are JSON; edits and variations are JSON or a form. A body without a content type is
    /// taken for JSON.
    ///
    /// - Throws: `.unsupportedMediaType`, `.invalidJSON`, `.invalidRequest` for a form that cannot be read.
    init(_ request: Request, kind: ImageRequest.Kind, limits: InputImageLimits) throws(GatewayError) {
        self.limits = limits
        let type = request.head.fields.first("content-type")
        if let type, kind != .generation, MultipartForm.isFormData(type) {
            let form = try ImageForm(request, contentType: type, limits: limits)
            fields = .object(form.body)
            uploads = form.uploads
            return
        }
        if let type, !ImageBody.isJSON(type) {
            let allowed =
                kind == .generation
                ? "must be JSON: send `Content-Type: application/json`."
                : "must be a form (`multipart/form-data`) or JSON (`application/json`)."
            throw GatewayError(.unsupportedMediaType, "The body \(allowed)", detail: "content type \(type)")
        }
        do {
            fields = try JSON.parse(request.body, duplicateKeys: .reject, maximumValues: ImageBody.mostValues)
        } catch {
            throw GatewayError(error)
        }
        uploads = ImageRequest.Uploads()
    }

    /// The request; its images are within the limits.
    ///
    /// - Parameter model: named by the path or the query, where it beats the body's.
    /// - Throws: `.invalidRequest`.
    func request(kind: ImageRequest.Kind, model: String?, maximumImages: Int) throws(GatewayError) -> ImageRequest {
        var wanted: ImageRequest
        do {
            wanted = try ImageRequest.decode(fields, kind: kind, maximumImages: maximumImages, uploads: uploads)
        } catch {
            throw GatewayError(error)
        }
        guard wanted.images.count <= limits.count else {
            throw GatewayError(
                .invalidRequest, "\(wanted.images.count) images were sent; at most \(limits.count) are allowed.",
                param: "image", code: RequestProblem.Code.invalidValue.rawValue)
        }
        // Uploaded ones come first, and have been checked as they were read.
        for index in wanted.images.indices.dropFirst(uploads.images.count) {
            wanted.images[index] = try limits.checked(wanted.images[index])
        }
        if uploads.mask == nil, let mask = wanted.mask { wanted.mask = try limits.checked(mask) }
        wanted.model = model ?? wanted.model
        return wanted
    }

    /// `application/json`, or any type that is JSON underneath; parameters do not matter.
    private static func isJSON(_ type: String) -> Bool {
        if type == "application/json" { return true }
        // Byte by byte: walking a header's characters costs more than reading the body.
        let bytes = type.utf8.prefix { $0 != UInt8(ascii: ";") }.filter { $0 != UInt8(ascii: " ") }
        let name = String(decoding: bytes.map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 }, as: UTF8.self)
        return name == "application/json" || name.hasSuffix("+json")
    }
}
