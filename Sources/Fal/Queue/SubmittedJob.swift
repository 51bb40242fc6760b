package import HTTP
import JSON
package import Reactor

/// A job that fal has accepted.
///
/// An object, because every call below its wait holds it.
package final class SubmittedJob: Sendable, Equatable {
    package let endpoint: Endpoint
    package let requestID: String
    package let locations: JobLocations
    /// When fal's answer came; for a job taken up again, when that was.
    package let accepted: Deadline
    /// Jobs ahead of it, as the answer to the submit said.
    package let queuePosition: Int?
    /// Whether an earlier process submitted it: what was told of it since may have reached nobody.
    package let isTakenUp: Bool

    /// Takes up a job that an earlier process submitted. Locations that are missing, or not of this
    /// queue, are derived from the request id.
    ///
    /// - Throws: only when the request id cannot be part of any URL.
    package init(
        takingUp requestID: String, of endpoint: Endpoint, statusURL: String?, responseURL: String?, cancelURL: String?,
        from base: QueueBase
    ) throws(InvalidURL) {
        self.endpoint = endpoint
        self.requestID = requestID
        locations = try JobLocations(
            of: requestID, endpoint, status: statusURL, response: responseURL, cancel: cancelURL, at: base)
        accepted = .now
        queuePosition = nil
        isTakenUp = true
    }

    /// Longest request id accepted. fal's are UUIDs; anything that leaves room in a URL is taken as it
    /// comes, because a job whose id is refused is lost.
    static let longestRequestID = 2_000

    private static let wantedMembers: [StaticString] = ["request_id", "status_url", "response_url", "cancel_url", "queue_position"]

    /// Reads the answer to a submit. Only the request id has to be there.
    ///
    /// - Returns: `nil` when it names no job.
    init?(answer body: [UInt8], endpoint: Endpoint, base: QueueBase) {
        guard let value = try? JSON.members(Self.wantedMembers, of: body),
            let requestID = value["request_id"]?.stringValue, !requestID.isEmpty,
            requestID.utf8.count <= Self.longestRequestID,
            let locations = try? JobLocations(
                of: requestID, endpoint, status: value["status_url"]?.stringValue,
                response: value["response_url"]?.stringValue, cancel: value["cancel_url"]?.stringValue, at: base)
        else { return nil }
        self.endpoint = endpoint
        self.requestID = requestID
        self.locations = locations
        accepted = .now
        queuePosition = value["queue_position"]?.intValue
        isTakenUp = false
    }

    package static func == (one: SubmittedJob, other: SubmittedJob) -> Bool {
        one.endpoint == other.endpoint && one.requestID == other.requestID && one.locations == other.locations
            && one.accepted == other.accepted && one.queuePosition == other.queuePosition && one.isTakenUp == other.isTakenUp
    }
}

/// Where to ask about a job.
///
/// fal says to use the addresses it returns and not to build them. But whoever answers a submit
/// would then decide where the key goes next: an address counts only if it has the very origin that
/// the job was submitted to. A foreign host, `http` for `https`, a relative or missing address is
/// replaced by the derived one.
package struct JobLocations: Sendable, Equatable {
    package let response: URL
    /// Only where they are not `response` with `/status` and `/cancel` behind it, as in fal's own queue: a job
    /// that waits holds one address then, and not three.
    private let otherStatus: URL?
    private let otherCancel: URL?

    package var status: URL { otherStatus ?? response.ending(with: Self.statusSuffix) }
    package var cancel: URL { otherCancel ?? response.ending(with: Self.cancelSuffix) }

    private static let statusSuffix = "/status"
    private static let cancelSuffix = "/cancel"
    private static let streamSuffix = "/status/stream"

    init(
        of requestID: String, _ endpoint: Endpoint, status: String?, response: String?, cancel: String?, at base: QueueBase
    ) throws(InvalidURL) {
        let location = { (returned: String?, suffix: String) throws(InvalidURL) -> URL in
            if let returned, let url = URL(returned, probablyAt: base.origin), url.origin == base.origin { return url }
            return try base.jobURL(requestID, of: endpoint, suffix: suffix)
        }
        let result = try location(response, "")
        let other = { (returned: String?, suffix: String) throws(InvalidURL) -> URL? in
            if let returned, result.isDescribed(by: returned, endingWith: suffix) { return nil }
            let found = try location(returned, suffix)
            return found == result.ending(with: suffix) ? nil : found
        }
        self.response = result
        otherStatus = try other(status, Self.statusSuffix)
        otherCancel = try other(cancel, Self.cancelSuffix)
    }

    /// The event stream of the status.
    func statusStream() throws(InvalidURL) -> URL {
        if otherStatus == nil, response.query == nil { return response.ending(with: Self.streamSuffix) }
        let status = status
        return try status.appendingPath(status.path.hasSuffix("/") ? "stream" : "/stream")
    }
}
