import Fal
import HTTP
import JSON
import Ledger
import Money
import OpenAI
import Reactor

extension Worker {
    /// `POST /v1/images/generations`.
    ///
    /// Whatever becomes of the request, its row is in the spend log before the answer is given back.
    ///
    /// - Parameter model: named by the path or the query; it beats the body's.
    func generateImages(_ request: Request, caller: Caller, model: String?) async -> Response {
        var record = RequestRecord(request.head, caller: caller)
        var response: Response
        var failure: GatewayError?
        do {
            let answer = try await generate(request, model: model, record: &record)
            try await settle(record, nil)
            response = Response(
                status: 200, fields: ["Content-Type": "application/json"], body: .segments(answer.segments()))
        } catch {
            let known = await settled(error, record)
            response = .failure(known)
            failure = known
        }
        record.describe(in: &response.fields)
        core.log.write(record, status: response.status, error: failure)
        return response
    }

    private func generate(
        _ request: Request, model: String?, record: inout RequestRecord
    ) async throws(GatewayError) -> ImageResponse {
        let body = try ImageRequest.body(of: request)
        record.note(model: model ?? body["model"]?.stringValue)
        let wanted = try ImageRequest.read(
            body, model: model, maximumImages: core.configuration.maximumImagesPerRequest)
        record.note(wanted, request.head)
        let model = try wanted.requiredModel
        let deployment = try core.routing.deployment(for: model)
        record.deployment = deployment
        let parameters = wanted.parameters(for: deployment)
        let plan = try Plan.make(
            parameters, unsupported: wanted.unsupportedParameters(on: deployment), on: deployment,
            configuration: core.configuration)
        record.plan = plan

        try core.admission.enter()
        defer { core.admission.leave() }
        try deployment.admission.enter()
        defer { deployment.admission.leave() }
        let deadline = record.arrived.advanced(by: deployment.configured.timeout)
        try await open(plan, on: deployment, as: model, record)
        record.outcomes = await run(plan, on: deployment, request: record.id, until: deadline)
        return try await deliver(wanted, from: deployment, record: &record, until: deadline)
    }

    /// Makes every job durable before any of them can cost money.
    private func open(
        _ plan: Plan, on deployment: Deployment, as model: String, _ record: RequestRecord
    ) async throws(GatewayError) {
        let jobs = plan.calls.enumerated().map { index, call in
            JobRow(
                id: JobID(requestID: record.id.text, ordinal: index), deploymentID: deployment.id,
                endpoint: deployment.endpoint.id, reserved: deployment.price.maximumCost(of: call) ?? .zero)
        }
        do {
            try await core.ledger.open(record.journalEntry(plan, model: model), jobs: jobs)
        } catch {
            throw GatewayError(.ledgerUnavailable, "The request cannot be recorded at the moment, so nothing was sent to fal.", detail: error.description, retryAfter: 5)
        }
    }

    /// Turns what was delivered into the answer; some images are a success, none is the first failure.
    private func deliver(
        _ wanted: ImageRequest, from deployment: Deployment, record: inout RequestRecord, until deadline: Deadline
    ) async throws(GatewayError) -> ImageResponse {
        guard !record.images.isEmpty else {
            throw record.outcomes.lazy.compactMap(\.error).first ?? GatewayError(.noImages, "fal made no image.")
        }
        var response = ImageResponse(created: Int(Timestamp.now.milliseconds / 1_000), images: [])
        let began = Deadline.now
        for outcome in record.outcomes {
            guard let output = outcome.output else { continue }
            for image in output.images {
                var answer = ImageResponse.Image(revisedPrompt: output.prompt == wanted.prompt ? nil : output.prompt)
                switch (wanted.format(on: deployment), image.source) {
                case (.url, .address(let address)): answer.url = address
                case (.url, .inline(let mediaType, let base64)):
                    answer.url = "data:\(mediaType);base64," + String(decoding: base64, as: UTF8.self)
                case (.base64, _):
                    let encoded = try await images.encoded(image, base: deployment.upstream.base.origin, until: deadline)
                    answer.base64 = encoded.base64
                    response.outputFormat = encoded.format.rawValue
                }
                response.images.append(answer)
            }
        }
        record.fetched = .nanoseconds(Deadline.now.nanoseconds(since: began))
        response.size = wanted.size?.text
        response.quality = wanted.quality
        response.falgate = record.facts
        return response
    }

    /// Writes the request's row and closes its jobs in the journal, as one step.
    ///
    /// - Throws: `.ledgerUnavailable`: nothing that is not recorded is called a success.
    private func settle(_ record: RequestRecord, _ error: GatewayError?) async throws(GatewayError) {
        do {
            try await core.ledger.settle(record.spendRow(error), jobs: record.outcomes.map(\.settlement))
        } catch let failure {
            core.log.write(.error, "spend not recorded", [("request", record.id.text), ("reason", failure.description)])
            throw GatewayError(
                .ledgerUnavailable,
                "The request ran, but its cost could not be recorded. Ask the operator for request \(record.id.text).",
                detail: failure.description)
        }
        if let deployment = record.deployment { finishLater(record.outcomes, on: deployment) }
    }

    /// Records a failed request, and says what the caller gets to hear.
    private func settled(_ error: GatewayError, _ record: RequestRecord) async -> GatewayError {
        // Already tried, and the reason is the ledger itself.
        if error.kind == .ledgerUnavailable { return error }
        do {
            try await settle(record, error)
            return error
        } catch let failure {
            return failure
        }
    }
}
