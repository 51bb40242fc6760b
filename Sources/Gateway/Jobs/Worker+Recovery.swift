import Fal
import JSON
import Ledger
import Money
import OpenAI
import Reactor

extension Worker {
    /// Takes up a request whose jobs nobody follows, left behind by an earlier process or found by their
    /// webhook: they are followed to their end, settled, and the answer is kept for its owner, who may
    /// ask for it meanwhile. Does nothing while the request runs.
    ///
    /// A job without a receipt may run and may be paid for. It stays in the journal with its
    /// reservation, is reported, and is never sent again.
    func takeUp(_ request: OpenRequest) {
        let running = RunningRequest(
            id: request.request.id,
            wish: CallersWish(keyHash: request.request.keyHash, fingerprint: request.stored?.fingerprint ?? []),
            created: request.request.startedAt.seconds, jobs: (request.jobs.map(\.id.ordinal).max() ?? 0) + 1, origin: .journal)
        running.keepForLater()
        guard core.running.add(running) else { return }
        // Whoever was waiting has lost the connection: a repetition means this answer.
        core.undelivered.note(running.id, of: running.wish)
        let setup = core.setup
        reactor.spawn { await self.recover(request, running, setup) }
    }

    private func recover(_ request: OpenRequest, _ running: RunningRequest, _ setup: Setup) async {
        let rendering = StoredRendering(request.stored?.rendering ?? [])
        let record = RequestRecord(recovering: request.request)
        record.outcomes = await outcomes(of: request, rendering, running, setup)
        var delivery = Delivery()
        for outcome in record.outcomes { delivery.append(Delivery(addressesOf: outcome, rendering)) }
        record.losses = delivery.losses
        let lifetime = setup.configuration.resultLifetime
        var end: RequestEnd?
        do throws(LedgerError) {
            end = try await settle(request, record, delivery, rendering, for: lifetime)
        } catch {
            running.finish(RequestEnd(.failure(notRecorded(record, error)), kept: nil, record))
            end = await untilWritten { () throws(LedgerError) in
                try await self.settle(request, record, delivery, rendering, for: lifetime)
            }
        }
        let stores = end?.kept != nil && lifetime > .zero && beginStoring(running.id)
        core.running.remove(running.id)
        if running.end == nil, let end { running.finish(end) }
        takeUpLate(record, setup)
        if stores { store(running.id, nil) }
    }

    /// Makes durable what has become of the request, together with the images of jobs that ended before: were those
    /// taken for none because they cannot be read, these would be kept nowhere.
    private func settle(
        _ request: OpenRequest, _ record: RequestRecord, _ delivery: Delivery, _ rendering: StoredRendering,
        for lifetime: Duration
    ) async throws(LedgerError) -> RequestEnd {
        // Nobody else writes the answer meanwhile.
        let earlier = try await core.ledger.storedRequest(id: request.request.id)?.images
        let end: RequestEnd
        let stored: StoredEnd
        if let earlier {
            let all = earlier.adding(rendering.response(delivery, record).kept(delivery))
            end = RequestEnd(.success(rendering.delivery.hasAddress ? all : all.withoutAddresses), kept: all, record)
            stored = .extended(StoredAnswer(.finished, httpStatus: 200, body: all.segments().flatMap { $0 }))
        } else if delivery.images.isEmpty {
            let error = record.firstFailure
            end = RequestEnd(.failure(error), kept: nil, record)
            stored = .failure(error, of: record, isWantedLater: true, for: lifetime)
        } else {
            let response = rendering.response(delivery, record)
            end = RequestEnd(.success(response), kept: response.kept(delivery), record)
            stored = .success(response.kept(delivery), for: lifetime)
        }
        try await settle(request, record, end, stored: lifetime > .zero ? stored : .forgotten)
        return end
    }

    private func outcomes(
        of request: OpenRequest, _ rendering: StoredRendering, _ running: RunningRequest, _ setup: Setup
    ) async -> [CallOutcome] {
        await withTaskGroup(of: CallOutcome.self) { group in
            for job in request.jobs {
                group.addTask { await self.outcome(of: job, rendering, running, setup) }
            }
            var outcomes: [CallOutcome] = []
            while let outcome = await group.next() { outcomes.append(outcome) }
            return outcomes.sorted { $0.job.ordinal < $1.job.ordinal }
        }
    }

    private func outcome(
        of job: JobRow, _ rendering: StoredRendering, _ running: RunningRequest, _ setup: Setup
    ) async -> CallOutcome {
        // A job that was sent elsewhere has the number of its first row plus as many as there are calls.
        let call = rendering.calls.isEmpty
            ? FalCall(resuming: [:], imageCount: 1) : rendering.calls[job.id.ordinal % rendering.calls.count]
        let outcome = CallOutcome(job: job.id, call: call, end: .unknown(.lostWithProcess))
        guard let submission = job.submission else {
            core.log.write(
                .error, "job unknown", [("job", job.id.description), ("endpoint", job.endpoint), ("reserved", job.reserved.dollars)])
            return outcome
        }
        guard let deployment = setup.routing.deployment(resuming: job.deploymentID, endpoint: job.endpoint),
            let receipt = try? SubmittedJob(
                takingUp: submission.falRequestID, of: deployment.endpoint, statusURL: submission.statusURL,
                responseURL: submission.responseURL, cancelURL: submission.cancelURL, from: deployment.upstream.base)
        else {
            outcome.end = .abandoned(.noDeployment)
            core.log.write(.error, "job has no deployment any more", [("job", job.id.description), ("endpoint", job.endpoint)])
            return outcome
        }
        outcome.receipt = receipt
        await finish(outcome, after: .lostWithProcess, on: deployment, running, at: job.id.ordinal, setup)
        core.log.write(.info, "job recovered", [("job", job.id.description), ("cost", outcome.cost.dollars)])
        return outcome
    }

    /// Adds what the jobs did cost to the request's row, or writes it, together with the answer that has their images:
    /// a job that has left the journal is asked for by nobody any more.
    private func settle(
        _ request: OpenRequest, _ record: RequestRecord, _ end: RequestEnd, stored: StoredEnd
    ) async throws(LedgerError) {
        if request.isRecorded {
            let over = record.outcomes.filter(\.isOver)
            guard !over.isEmpty else { return }
            try await core.ledger.settleLate(over.map { ($0.job, LateEnd(of: $0)) }, stored: stored)
        } else {
            try await core.ledger.settleRecovered(
                record.recoveredRow(request, end), jobs: record.outcomes.compactMap(\.settlement), stored: stored)
        }
        noteSpend(record.cost, record)
    }
}

extension ImageResponse {
    /// The images of two answers to one request; the facts are those of the first.
    fileprivate func adding(_ late: ImageResponse) -> ImageResponse {
        var all = self
        all.images += late.images
        return all
    }

    /// As it is told to who asked for bytes alone, and gets them when he is answered.
    fileprivate var withoutAddresses: ImageResponse {
        var response = self
        for index in response.images.indices { response.images[index].url = nil }
        return response
    }
}

extension LateEnd {
    fileprivate init(of outcome: CallOutcome) {
        self.init(
            cost: outcome.cost, basis: outcome.basis, images: outcome.images.count, falRequestID: outcome.receipt?.requestID)
    }
}

extension CallOutcome {
    /// What it cost is known.
    fileprivate var isOver: Bool {
        switch end {
        case .delivered, .failed: true
        case .unknown, .abandoned: false
        }
    }
}

extension Delivery {
    /// What fal delivered, by address; bytes are fetched when somebody asks for them.
    fileprivate init(addressesOf outcome: CallOutcome, _ rendering: StoredRendering) {
        for (index, image) in (outcome.output?.images ?? []).enumerated() {
            if rendering.withholdsUnsafeImages, outcome.output?.isUnsafe(index) == true {
                losses.append(.unsafeImage)
                continue
            }
            // Who asked for bytes alone gets them when he is answered.
            let url = rendering.delivery.hasAddress ? image.address : nil
            let answer = ImageResponse.Image(url: url, revisedPrompt: outcome.output?.prompt)
            images.append(DeliveredImage(answer: answer, format: image.format, address: image.address))
        }
    }
}

extension RequestRecord {
    fileprivate func recoveredRow(_ request: OpenRequest, _ end: RequestEnd) -> SpendRow {
        var row = SpendRow(
            recovered: request.request, jobs: request.jobs, status: end.error == nil ? .success : .failure,
            httpStatus: end.status, at: .now)
        row.cost = cost
        row.basis = basis
        row.images = images.count
        row.sizes = images.compactMap { $0.size?.description }
        row.errorCode = end.error?.kind.rawValue
        return row
    }
}

extension GatewayError {
    fileprivate static let lostWithProcess = GatewayError(
        .submitUnknown,
        "The gateway was restarted while the request was on its way to fal. It may be running and may be billed; it was not sent again.")
    fileprivate static let noDeployment = GatewayError(
        .submitUnknown, "The model that made this request is not configured any more.")
}
