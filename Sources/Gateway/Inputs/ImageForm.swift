import HTTP
import JSON
import OpenAI

/// An image request that came as `multipart/form-data`: its texts as the JSON body they stand for, its
/// files as data URIs.
struct ImageForm {
    private(set) var body: JSONObject
    private(set) var uploads = ImageRequest.Uploads()
    private let limits: InputImageLimits

    /// - Throws: `.invalidRequest`.
    init(_ request: Request, contentType: String, limits: InputImageLimits) throws(GatewayError) {
        self.limits = limits
        body = JSONObject()
        let form: MultipartForm
        do {
            form = try MultipartForm(request.body, contentType: contentType)
        } catch {
            throw GatewayError(
                .invalidRequest, "The form cannot be read: \(error).", code: RequestProblem.Code.invalidValue.rawValue)
        }
        var fields = FormFields()
        var named: [JSONValue] = []
        for part in form.parts {
            let role = Role(part.name)
            if part.isUnfilled { continue }
            if let file = part.file(as: role) {
                try add(file, of: part, as: role, to: &fields)
            } else {
                let text = try ImageForm.text(of: part)
                switch role {
                case .image: named += ImageForm.addresses(text)
                case .mask, .parameter: try ImageForm.add(part.name, text, to: &fields)
                }
            }
        }
        body = fields.body
        if !named.isEmpty { body["image"] = .array(named) }
    }

    private mutating func add(
        _ file: ArraySlice<UInt8>, of part: MultipartForm.Part, as role: Role, to fields: inout FormFields
    ) throws(GatewayError) {
        let field = role == .image ? "image" : String(part.name.prefix(ImageForm.shown))
        let address = try limits.dataURI(file, field: field, label: part.label)
        let image = InputImage(address: address, field: field)
        switch role {
        case .image:
            uploads.images.append(image)
        case .mask:
            guard uploads.mask == nil else {
                throw GatewayError(
                    .invalidRequest, "`mask` was sent twice; one mask is allowed.", param: "mask",
                    code: RequestProblem.Code.invalidValue.rawValue)
            }
            uploads.mask = image
        case .parameter:
            // A parameter of fal's that takes an image: `control_image_url`, `image_urls[]`.
            try ImageForm.add(part.name, address, to: &fields)
        }
    }

    private static func add(_ name: String, _ text: String, to fields: inout FormFields) throws(GatewayError) {
        do {
            try fields.add(name, text)
        } catch {
            throw GatewayError(error)
        }
    }

    private static func text(of part: MultipartForm.Part) throws(GatewayError) -> String {
        guard let text = String(validating: part.body, as: UTF8.self) else {
            throw GatewayError(
                .invalidRequest, "\(part.label) is neither a file nor UTF-8 text.",
                param: String(part.name.prefix(shown)), code: RequestProblem.Code.invalidValue.rawValue)
        }
        return text
    }

    /// What a text field `image` holds: an address, or JSON as in a JSON body.
    private static func addresses(_ text: String) -> [JSONValue] {
        switch try? JSON.parse(text, maximumValues: FormFields.mostValues) {
        case .array(let elements): elements
        case .object(let object): [.object(object)]
        default: [.string(text)]
        }
    }

    /// Characters of a sender's names that a message repeats.
    fileprivate static let shown = 80

    /// What a field is for, by its name.
    fileprivate enum Role: Equatable {
        /// `image`, `images`, with `[]` or `[0]` behind it.
        case image
        case mask
        case parameter

        init(_ name: String) {
            if name == "mask" {
                self = .mask
            } else {
                let stem = name.prefix { $0 != "[" }
                let index = name.dropFirst(stem.count)
                let isIndex = index.isEmpty || (index.last == "]" && index.dropFirst().dropLast().allSatisfy(\.isWholeNumber))
                self = ["image", "images"].contains(stem) && isIndex ? .image : .parameter
            }
        }
    }
}

extension MultipartForm.Part {
    /// A file input of a web page that nobody filled in.
    fileprivate var isUnfilled: Bool {
        body.isEmpty && (filename?.isEmpty ?? false)
    }

    /// The bytes of an image; `nil` for a text. Senders may leave the file's name out.
    fileprivate func file(as role: ImageForm.Role) -> ArraySlice<UInt8>? {
        if filename != nil || contentType?.lowercased().hasPrefix("image/") == true { return body }
        return role != .parameter && ImageFormat(magic: body) != nil ? body : nil
    }

    /// For messages: `image` (photo.heic).
    fileprivate var label: String {
        let field = "`\(name.prefix(ImageForm.shown))`"
        guard let filename, !filename.isEmpty else { return field }
        return "\(field) (\(filename.prefix(ImageForm.shown)))"
    }
}
