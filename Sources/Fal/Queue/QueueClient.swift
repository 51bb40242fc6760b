package import HTTP
import JSON
import Money
package import Reactor

/// Speaks with fal's queue: submit, follow, fetch, cancel.
///
/// One a loop, on that loop's HTTP client. A submit is never repeated here, whatever happens;
/// everything else only looks and may be repeated. No error and no text of it contains the key.
package final class QueueClient {
    let http: Client
    let reactor: Reactor
    let limits: QueueLimits
    let streams: StreamAllowance

    package init(
        over http: Client, on reactor: Reactor, streams: StreamAllowance, limits: QueueLimits = QueueLimits()
    ) {
        self.http = http
        self.reactor = reactor
        self.streams = streams
        self.limits = limits
    }

    /// Hands a job to fal, once. From a task that has been cancelled nothing is sent; one that gets cancelled
    /// meanwhile may leave a job behind of which nobody knows.
    ///
    /// - Parameter webhook: where fal is to tell of the job's end. It refuses what is not `https`, and
    ///   addresses of private networks. Follow the job with `WebhookArrivals` then.
    /// - Parameter deadline: nothing is sent after it. What has been sent is answered when it is answered: a lost
    ///   answer is a lost job.
    /// - Throws: `FalFailure`; its `acceptance` says whether fal may have the job all the same.
    ///   `.submitOutcomeUnknown` is a lost answer.
    package func submit(
        _ call: FalCall, to endpoint: Endpoint, at upstream: Upstream, webhook: URL? = nil, until deadline: Deadline
    ) async throws(FalFailure) -> SubmittedJob {
        if Task.isCancelled { throw .notSent }
        guard Deadline.now < deadline else { throw .tooLate }
        var address = try url(for: .submit) { () throws(InvalidURL) in try upstream.base.submitURL(endpoint) }
        if let webhook { address = address.addingQuery("fal_webhook", webhook.description) }
        let request = upstream.submission(address, call.input.serialized())
        let response: ClientResponse
        do {
            response = try await http.send(
                request, timeouts: limits.submitTimeouts(until: deadline),
                maximumBodyBytes: limits.lookBytes)
        } catch {
            throw FalFailure(submitting: error, until: deadline)
        }
        guard (200..<300).contains(response.status) else {
            throw FalFailure(Answer(response), at: .submit).redacting(upstream.key)
        }
        guard let job = SubmittedJob(answer: response.body, endpoint: endpoint, base: upstream.base) else {
            throw FalFailure(
                .submitOutcomeUnknown, message: "fal accepted the job and did not say which it is",
                status: response.status, acceptance: .unknown, detail: ErrorBody(response.body).rest
            ).redacting(upstream.key)
        }
        return job
    }

    /// Whether a key is good, asked without any cost: fal answers 404 about a job that does not exist
    /// only to those it knows. It says nothing about credit.
    package func probe(_ upstream: Upstream, with endpoint: Endpoint, until deadline: Deadline) async -> KeyCheck {
        do throws(FalFailure) {
            let url = try url(for: .status) { () throws(InvalidURL) in
                try upstream.base.jobURL(.randomUUID(), of: endpoint, suffix: "/status")
            }
            let answer = try await look(upstream.question(url), for: nil, until: deadline)
            switch answer.status {
            case 404: return .usable
            case 401, 403: return .refused(FalFailure(answer, at: .status).redacting(upstream.key))
            default: return .undecided(FalFailure(answer, at: .status).redacting(upstream.key))
            }
        } catch {
            return .undecided(error)
        }
    }

    /// One request about a job and its whole answer, whatever its status.
    func look(
        _ request: ClientRequest, for job: SubmittedJob?, bytes: Int? = nil, until deadline: Deadline
    ) async throws(FalFailure) -> Answer {
        do {
            return Answer(try await http.send(
                request, timeouts: limits.timeouts(answer: limits.lookAnswer, until: deadline),
                maximumBodyBytes: bytes ?? limits.lookBytes))
        } catch {
            throw FalFailure(asking: error, about: job, until: deadline)
        }
    }

    /// An address that cannot be built is a failure like any other.
    func url(for stage: FalFailure.Stage, _ build: () throws(InvalidURL) -> URL) throws(FalFailure) -> URL {
        do {
            return try build()
        } catch {
            throw FalFailure(
                .badRequest, message: error.description, acceptance: stage == .submit ? .notAccepted : .accepted)
        }
    }

    /// Suspends, at most until the deadline.
    ///
    /// - Returns: `false` when the deadline has passed.
    func pause(_ duration: Duration, for job: SubmittedJob, until deadline: Deadline) async throws(FalFailure) -> Bool {
        guard Deadline.now < deadline else { return false }
        do {
            try await reactor.sleep(until: .earlier(.after(duration), deadline))
        } catch {
            throw .interrupted(job)
        }
        return Deadline.now < deadline
    }
}

/// What a free question about a key has shown.
package enum KeyCheck: Sendable, Equatable {
    case usable
    case refused(FalFailure)
    /// fal could not be asked, or did not answer as expected.
    case undecided(FalFailure)
}

extension Answer {
    init(_ response: ClientResponse) {
        self.init(status: response.status, body: response.body)
        let fields = response.fields
        requestID = fields.first("x-fal-request-id")
        errorType = fields.first("x-fal-error-type")
        billableUnits = fields.first("x-fal-billable-units").flatMap { DecimalQuantity($0) }
        isUserTimeout = fields.first("x-fal-request-timeout-type") == "user"
        let retry = fields.first("x-fal-needs-retry") ?? fields.first("x-fal-retryable")
        needsRetry = retry.map { ["1", "true", "yes"].contains($0.lowercased()) }
    }
}

extension String {
    /// A random UUID, version 4. RFC 9562, section 5.4.
    static func randomUUID() -> String {
        let high = UInt64.random(in: 0 ... .max) & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let low = UInt64.random(in: 0 ... .max) & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        let digits = [high, low].map { value in
            let text = String(value, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }.joined()
        var uuid = ""
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { uuid += "-" }
            uuid.append(digit)
        }
        return uuid
    }
}
