import Fal
import HTTP
import JSON
import Ledger
import OpenAI
import Reactor

/// What is kept of a request, as its owner gets it again.
extension Worker {
    /// `GET /v1/images/generations/{id}` and its like: how far the request is, or its answer.
    ///
    /// - Throws: `.requestNotFound` for an id that is unknown, forgotten, or another key's.
    ///
    /// - Parameter callID: what the client calls this very question.
    func job(
        _ id: String, for caller: Caller, in dialect: AsyncDialect, calledBy callID: String?, _ setup: Setup
    ) async throws(GatewayError) -> Response {
        let id = dialect.requestID(id)
        if let running = core.running[id] {
            guard running.keyHash == caller.keyHash?.description else { throw .requestNotFound }
            return .pending(dialect.body(JobView(running)), dialect)
        }
        let stored = try await stored(id, for: caller)
        guard let end = stored.end else {
            // Neither running here nor over: fal's answer to the submit was lost with an earlier process.
            throw GatewayError(
                .submitUnknown, "The job was sent to fal, but the answer was lost. The operator has to look at fal's bill.")
        }
        return await answer(stored, end, in: dialect, calledBy: callID, setup)
    }

    /// `DELETE /v1/images/generations/{id}`: stops the jobs as far as fal lets them be stopped.
    ///
    /// - Throws: `.requestNotFound`; `.requestFinished` when there is nothing to stop any more.
    func cancelJob(_ id: String, for caller: Caller) async throws(GatewayError) -> Response {
        guard let running = core.running[id] else {
            _ = try await stored(id, for: caller)
            throw GatewayError(.requestFinished, "The request is over: there is nothing to cancel.")
        }
        guard running.keyHash == caller.keyHash?.description else { throw .requestNotFound }
        running.cancel()
        return .pending(AsyncDialect.falgate.body(JobView(running)), .falgate)
    }

    func stored(_ id: String, for caller: Caller) async throws(GatewayError) -> StoredRequest {
        let found: StoredRequest?
        do {
            found = try await core.ledger.storedRequest(id: id)
        } catch {
            throw GatewayError(
                .ledgerUnavailable, "The kept answers cannot be read at the moment.", detail: error.description, retryAfter: 5)
        }
        guard let found, found.keyHash == caller.keyHash?.description else { throw .requestNotFound }
        return found
    }

    private func answer(
        _ stored: StoredRequest, _ end: StoredRequest.End, in dialect: AsyncDialect, calledBy callID: String?, _ setup: Setup
    ) async -> Response {
        guard dialect == .task else { return await replay(stored, end, calledBy: callID, setup) }
        var (answer, image) = (end.answer, stored.images?.images.first?.url)
        if let kept = stored.images {
            do throws(GatewayError) {
                answer.body = try await given(kept, of: stored, setup).segments().flatMap { $0 }
            } catch {
                (answer, image) = (StoredAnswer(.failed, httpStatus: error.status, body: ErrorEnvelope(error).serialized()), nil)
            }
        }
        let phase: JobView.Phase = answer.outcome == .finished ? .completed : answer.outcome == .cancelled ? .cancelled : .failed
        var body = dialect.body(JobView(id: stored.id, created: stored.createdAt.seconds, phase: phase))
        body["http_status"] = .integer(answer.httpStatus)
        body["expires_at"] = .integer(end.expiresAt.seconds)
        body["result"] = answer.body.flatMap { try? JSON.parse($0) }
        body["image_url"] = image.map(JSONValue.string)
        return .json(body)
    }

    /// The stored answer as it was given, its images fetched anew where bytes were asked for.
    ///
    /// - Parameters:
    ///   - callID: what the client calls the request that is answered now.
    ///   - order: of a repetition that is answered at once: a stream is repeated as one.
    func replay(
        _ stored: StoredRequest, _ end: StoredRequest.End, calledBy callID: String?, _ setup: Setup, to order: ImageOrder? = nil
    ) async -> Response {
        var response: Response
        let answer = end.answer
        if let images = stored.images {
            do throws(GatewayError) {
                let given = try await given(images, of: stored, setup)
                if let order, order.wanted.stream == true {
                    response = .events(of: given, order)
                } else {
                    response = Response(
                        status: 200, fields: ["Content-Type": "application/json"], body: .segments(given.segments()))
                }
                let asked = StoredRendering(stored.rendering).calls.reduce(0) { $0 + $1.imageCount }
                if given.images.count < asked {
                    response.fields.append("x-falgate-partial", "\(given.images.count) of \(asked) images")
                }
            } catch {
                response = .failure(error)
            }
        } else {
            response = .json(answer.body ?? [], status: answer.httpStatus)
            response.fields.append("x-should-retry", "false")
        }
        response.fields.append("x-falgate-request-id", stored.id)
        response.fields.append("x-litellm-call-id", callID ?? stored.id)
        response.fields.append("x-litellm-response-cost", "0")
        return response
    }

    /// - Throws: `.imageUnavailable` when no image is left, neither as bytes nor by address.
    private func given(
        _ kept: ImageResponse, of stored: StoredRequest, _ setup: Setup
    ) async throws(GatewayError) -> ImageResponse {
        let restored = await restored(kept, of: stored.id, StoredRendering(stored.rendering), setup)
        guard restored.images.contains(where: { $0.url != nil || $0.base64 != nil }) else { throw .nobodyHasTheImage }
        return restored
    }

    /// Addresses and bytes as they were asked for: bytes from the folder of `store_images`, else fetched again.
    /// Those that cannot be had any more stay addresses, and those that have none come as bytes.
    func restored(
        _ kept: ImageResponse, of request: String, _ rendering: StoredRendering, _ setup: Setup
    ) async -> ImageResponse {
        let base = setup.origin(of: rendering)
        var response = kept
        for index in response.images.indices where rendering.delivery.hasBytes || response.images[index].url == nil {
            var base64 = await core.images?.base64(of: StoredImageName(request: request, number: index))
            if base64 == nil, let address = response.images[index].url {
                base64 = try? await fetchedAgain(address, base: base, setup).base64
            }
            guard let base64 else { continue }
            response.images[index].base64 = base64
            if !rendering.delivery.hasAddress { response.images[index].url = nil }
        }
        return response
    }

    func fetchedAgain(_ address: String, base: Origin?, _ setup: Setup) async throws(GatewayError) -> EncodedImage {
        try await images(setup).encoded(address: address, base: base, until: .after(Worker.refetchPatience))
    }

    /// A caller waits for these bytes.
    private static let refetchPatience: Duration = .seconds(60)
}

extension Response {
    /// 202: not there yet.
    fileprivate static func pending(_ body: JSONObject, _ dialect: AsyncDialect) -> Response {
        var response = Response.json(body, status: dialect == .task ? 200 : 202)
        response.fields.append("retry-after", dialect == .task ? "3" : "1")
        response.fields.append("cache-control", "no-store")
        return response
    }
}

extension Setup {
    /// Where a request's images may be fetched from besides fal's own hosts.
    func origin(of rendering: StoredRendering) -> Origin? {
        routing.deployment(journaled: rendering.deploymentID, endpoint: "")?.upstream.base.origin
    }
}

extension Timestamp {
    /// Whole seconds since 1970.
    var seconds: Int { Int(milliseconds / 1_000) }
}

extension GatewayError {
    /// fal has sent it inside its result, and the folder of `store_images` does not have it.
    static let nobodyHasTheImage = GatewayError(
        .imageUnavailable, "The image was sent with its answer, and nobody has it any more.")

    fileprivate static let requestNotFound = GatewayError(
        .requestNotFound, "No request of this id is known to your key. Answers are kept for `result_ttl` only.")
}
