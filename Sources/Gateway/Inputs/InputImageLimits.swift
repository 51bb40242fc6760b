/// The bounds of the images that a request works on. Above any of them 400, before anything is sent.
struct InputImageLimits: Sendable, Equatable {
    /// `general_settings.max_input_images`. OpenAI takes 16; fal's models between 1 and 16.
    var count: Int
    /// Of one image, as a file. OpenAI's 50 MB.
    var bytes = 50 * 1024 * 1024
    /// Of one image: above what a 48 megapixel camera delivers, and 256 MB once somebody decodes it. A
    /// small file can claim any number of them. Models scale down to a few megapixels anyway.
    var pixels = 64 * 1024 * 1024

    /// What a body with images may have where `max_request_size_mb` says nothing: an image of
    /// `bytes` in base64, or sixteen photographs of 4 MB. Above it 413. Only callers with a key get
    /// to send a body at all.
    static let bodyBytes = 72 * 1024 * 1024
}
