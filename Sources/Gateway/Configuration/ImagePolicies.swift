package import Fal

/// What holds for requests that leave it open: `general_settings`, and `model_info` for one model.
package struct ImagePolicies: Sendable, Equatable {
    /// `size_policy`
    package var sizes = SizePolicy.nearest
    /// `default_response_format`
    package var delivery = ImageDelivery.url
    /// `nsfw_policy`
    package var unsafeImages = UnsafeImages.return
}

/// How images are handed over.
package enum ImageDelivery: String, Sendable, Equatable, CaseIterable {
    case url
    case base64 = "b64_json"
    /// Address and bytes, for clients that look for one of them without asking for it.
    case both

    var hasAddress: Bool { self != .base64 }
    var hasBytes: Bool { self != .url }
}

/// `nsfw_policy`: what becomes of images that fal has blacked out and flagged.
package enum UnsafeImages: String, Sendable, Equatable, CaseIterable {
    /// The caller gets the black picture; the flag stands under `falgate`.
    case `return`
    /// They are withheld, and an error when nothing is left. fal bills them all the same.
    case error
}
