import HTTP
import Ledger
import OpenAI

extension Worker {
    /// `GET /v1/images/generations/{id}/{number}`: one image of an answer as a file, from the folder of
    /// `store_images`, else from fal's CDN. Where there is no answer with images it says what the request's own page does.
    ///
    /// - Parameter number: its place in `data`, from 0.
    /// - Throws: `.requestNotFound`; `.imageUnavailable` when neither has it.
    func image(_ number: String, of id: String, for caller: Caller, _ setup: Setup) async throws(GatewayError) -> Response {
        guard core.running[id] == nil, let stored = try? await stored(id, for: caller), let answer = stored.images else {
            return try await job(id, for: caller, in: .falgate, calledBy: nil, setup)
        }
        guard let number = Int(number), answer.images.indices.contains(number) else {
            throw GatewayError(.requestNotFound, "The answer has \(answer.images.count) images, and they are counted from 0.")
        }
        if let bytes = await core.images?.bytes(of: StoredImageName(request: stored.id, number: number)) { return .image(bytes) }
        guard let address = answer.images[number].url else {
            throw .nobodyHasTheImage
        }
        let base = setup.origin(of: StoredRendering(stored.rendering))
        let text = try await fetchedAgain(address, base: base, setup).base64
        return .image((try? Base64.decode(Array(text))) ?? [])
    }
}

extension StoredRequest {
    /// The answer, where there are images in it.
    var images: ImageResponse? {
        guard let answer = end?.answer, answer.outcome == .finished else { return nil }
        return answer.body.flatMap(ImageResponse.init(stored:))
    }
}

extension Response {
    fileprivate static func image(_ bytes: [UInt8]) -> Response {
        let type = ImageFormat(magic: bytes.prefix(ImageFormat.magicBytes))?.mediaType ?? "application/octet-stream"
        var response = Response(status: 200, contentType: type, content: bytes)
        response.fields.append("x-content-type-options", "nosniff")
        // It never changes, and it is nobody else's.
        response.fields.append("cache-control", "private, max-age=86400, immutable")
        return response
    }
}
