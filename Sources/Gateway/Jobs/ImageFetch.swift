import Fal
import HTTP
import Reactor

/// An image as the caller gets it in `b64_json`.
struct EncodedImage: Sendable {
    /// Base64 text; nothing else of the image is kept.
    var base64: ArraySlice<UInt8>
    var format: ImageFormat
}

/// Fetches finished images from fal's CDN and encodes them on the way: a piece is turned into
/// base64 as it arrives, so an image is never held twice.
///
/// No credentials are sent: the addresses are public, and a CDN has no business with a key.
struct ImageFetch {
    /// The largest image: a PNG of fal's largest picture, 4K, that does not compress at all.
    static let maximumBytes = 64 * 1024 * 1024
    /// Attempts at one image. It is paid by now, and reading it again costs nothing.
    private static let attempts = 3
    /// For a connection to the CDN, within the deadline: jobs end together, and the last image of ten thousand
    /// is as paid for as the first.
    private static let patience: Duration = .seconds(3600)
    /// Between two attempts: a CDN that has the file on one of its machines has it on all soon.
    private static let pause: Duration = .milliseconds(200)

    let client: Client
    let reactor: Reactor
    let hosts: ImageHosts

    /// - Parameter base: where the deployment's fal is.
    /// - Throws: `.imageUnavailable` when the host is not allowed, the CDN fails or does not send an
    ///   image; `.timeout`; `.clientGone` when the task is cancelled.
    func encoded(
        _ image: FalOutput.Image, base: Origin, until deadline: Deadline
    ) async throws(GatewayError) -> EncodedImage {
        switch image.source {
        case .inline(_, let base64):
            guard let format = ImageFormat(base64: base64) else { throw ImageFetch.failure("the data URI is not an image") }
            return EncodedImage(base64: base64, format: format)
        case .address(let text): return try await encoded(address: text, base: base, until: deadline)
        }
    }

    /// - Parameter base: `nil` when only fal's own hosts and those of the configuration may be asked.
    func encoded(address text: String, base: Origin?, until deadline: Deadline) async throws(GatewayError) -> EncodedImage {
        guard let url = URL(text), hosts.allows(url, base: base) else {
            throw ImageFetch.failure("the address is not on an allowed host: \(text.prefix(200))")
        }
        return try await fetched(url, until: deadline)
    }

    private func fetched(_ url: URL, until deadline: Deadline) async throws(GatewayError) -> EncodedImage {
        var attempt = 1
        while true {
            do {
                return try await fetchedOnce(url, until: deadline)
            } catch {
                guard error.kind == .imageUnavailable, attempt < ImageFetch.attempts else { throw error }
            }
            attempt += 1
            do {
                try await reactor.sleep(until: .earlier(deadline, .after(ImageFetch.pause)))
            } catch {
                throw GatewayError(.clientGone, "The caller hung up.")
            }
        }
    }

    private func fetchedOnce(_ url: URL, until deadline: Deadline) async throws(GatewayError) -> EncodedImage {
        do {
            let request = ClientRequest(.get, url, fields: ["accept": "image/*"])
            let answer = try await client.open(
                request, timeouts: ClientTimeouts(wait: ImageFetch.patience, whole: deadline), maximumBodyBytes: ImageFetch.maximumBytes)
            guard answer.status == 200 else {
                answer.close()
                throw ImageFetch.failure("\(url.host) answered with status \(answer.status)")
            }
            return try await ImageFetch.encode(answer)
        } catch let error as ClientError {
            throw ImageFetch.failure(error, host: url.host)
        } catch let error as GatewayError {
            throw error
        } catch {
            throw ImageFetch.failure("\(error)")
        }
    }

    private static func encode(_ answer: IncomingResponse) async throws -> EncodedImage {
        var encoder = Base64Encoder()
        var base64: [UInt8] = []
        base64.reserveCapacity(Base64.encodedCount(of: min(answer.announcedBytes ?? 0, maximumBytes)))
        var head: [UInt8] = []
        while let piece = try await answer.next() {
            if head.count < ImageFormat.magicBytes { head += piece.prefix(ImageFormat.magicBytes - head.count) }
            encoder.encode(piece, into: &base64)
        }
        encoder.finish(into: &base64)
        guard let format = ImageFormat(magic: head) else {
            throw failure("what was sent is not an image (\(head.count) bytes seen)")
        }
        return EncodedImage(base64: base64[...], format: format)
    }

    private static func failure(_ error: ClientError, host: String) -> GatewayError {
        if error.isCancellation { return GatewayError(.clientGone, "The caller hung up.") }
        return failure("\(host): \(error)")
    }

    private static func failure(_ detail: String) -> GatewayError {
        GatewayError(
            .imageUnavailable,
            "The image was made and paid for, but could not be fetched from fal's CDN.",
            detail: detail)
    }
}

extension ImageFormat {
    /// - Parameter base64: the beginning of the file or all of it, encoded.
    init?(base64 text: ArraySlice<UInt8>) {
        let whole = text.prefix(magicBytes64)
        guard let head = try? Base64.decode(Array(whole)) else { return nil }
        self.init(magic: head)
    }
}

/// The base64 of `ImageFormat.magicBytes` bytes, in whole groups of four.
private let magicBytes64 = ImageFormat.magicBytes / 3 * 4
