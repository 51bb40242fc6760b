import JSON

/// Something that goes wrong with one answer.
struct Fault: Sendable, Equatable {
    /// The addresses of a job, and the CDN's.
    enum Route: Int, Sendable, CaseIterable { case submit, status, stream, result, cancel, image, run }

    struct Field: Sendable, Equatable {
        let name: String
        let value: String
    }

    enum Body: Sendable, Equatable {
        case json(JSONValue)
        case text(String)
    }

    /// Whether a submit that fails leaves a job behind: the caller pays, without knowing.
    enum Acceptance: Sendable { case refused, accepted }

    enum Transport: Sendable, Equatable {
        /// No answer at all, until the caller gives up.
        case hang
        /// The connection ends before the answer.
        case drop
        /// Chunked, and the connection ends after so many bytes of the body.
        case truncate(after: Int)
        /// Chunked, with a pause after so many bytes of the body.
        case stall(after: Int, for: Duration)
        /// Chunked, so many bytes at a time.
        case pieces(of: Int, every: Duration)
    }

    var route: Route
    /// The first visit that meets it, from 1.
    var first = 1
    /// How many visits meet it; nil is all from the first on.
    var count: Int? = 1
    var delay = Duration.zero

    /// In place of the true answer. A body without a status is a lie with status 200.
    var status: Int?
    var body: Body?
    var contentType: String?
    var fields: [Field] = []

    /// Changes to the true answer's JSON.
    var merge = JSONObject()
    var remove: [String] = []

    var acceptance = Acceptance.refused
    var transport: Transport?

    /// Whether nothing of the true answer is left. A submit that meets such a fault makes a job only
    /// where `acceptance` says so.
    var preventsAnswer: Bool {
        status != nil || body != nil || transport == .hang || transport == .drop
    }

    func applies(to visit: Int) -> Bool {
        guard visit >= first else { return false }
        return count.map { visit < first + $0 } ?? true
    }
}
