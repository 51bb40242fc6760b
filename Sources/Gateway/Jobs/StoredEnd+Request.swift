import Ledger
import OpenAI

extension ImageResponse {
    /// What is kept of a success: addresses, no bytes.
    func kept(_ delivery: Delivery) -> ImageResponse {
        var kept = self
        for index in kept.images.indices {
            kept.images[index].base64 = nil
            kept.images[index].url = delivery.images[index].address
        }
        return kept
    }
}

extension StoredEnd {
    /// - Parameter lifetime: how long the answer is there for its owner.
    static func success(_ kept: ImageResponse, for lifetime: Duration) -> StoredEnd {
        success(written: kept.segments().flatMap { $0 }, for: lifetime)
    }

    /// - Parameter written: the JSON of what is kept.
    static func success(written: [UInt8], for lifetime: Duration) -> StoredEnd {
        .kept(StoredAnswer(.finished, httpStatus: 200, body: written), until: .now.advanced(by: lifetime))
    }

    /// Nothing is kept of a failure that cost nothing, so that a repetition runs afresh. Who fetches
    /// the answer later has to learn of it all the same.
    static func failure(_ error: GatewayError, of record: RequestRecord, isWantedLater: Bool, for lifetime: Duration) -> StoredEnd {
        guard !record.isFree || isWantedLater else { return .forgotten }
        let outcome: StoredAnswer.Outcome = error.kind == .clientGone ? .cancelled : .failed
        let answer = StoredAnswer(outcome, httpStatus: error.status, body: ErrorEnvelope(error).serialized())
        let end = Timestamp.now.advanced(by: lifetime)
        return record.isFree ? .told(answer, until: end) : .kept(answer, until: end)
    }
}
