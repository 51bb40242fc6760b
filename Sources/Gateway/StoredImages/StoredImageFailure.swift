import CLinux
import Glibc

/// Why an image was not kept or cannot be read. Its text names paths and never what is in them.
enum StoredImageFailure: Error, Sendable, Equatable, CustomStringConvertible {
    case system(Int32, String)
    /// Another process keeps its images in this folder.
    case inUse(String)
    /// Larger than `store_images_max_bytes`.
    case tooLarge
    case noImage

    /// What the last system call failed of.
    ///
    /// - Parameter what: the call and the file.
    static func last(_ what: String) -> StoredImageFailure { .system(clinux_errno(), what) }

    var description: String {
        switch self {
        case .system(let code, let what): "\(what): \(String(cString: strerror(code)))"
        case .inUse(let path): "another process keeps its images in \(path)"
        case .tooLarge: "the image alone is larger than store_images_max_bytes"
        case .noImage: "the bytes are no image"
        }
    }
}
