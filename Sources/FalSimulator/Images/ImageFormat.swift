/// The image formats fal's models deliver.
enum ImageFormat: String, Sendable, Hashable, CaseIterable {
    case png, jpeg, webp, svg

    /// The value of `Content-Type` and of fal's `content_type`.
    var contentType: String {
        switch self {
        case .png: "image/png"
        case .jpeg: "image/jpeg"
        case .webp: "image/webp"
        case .svg: "image/svg+xml"
        }
    }

    /// As fal names its files: `jpg`, not `jpeg`.
    var fileExtension: String { self == .jpeg ? "jpg" : rawValue }

    init?(fileExtension: String) {
        guard let format = Self.allCases.first(where: { $0.fileExtension == fileExtension }) else { return nil }
        self = format
    }
}
