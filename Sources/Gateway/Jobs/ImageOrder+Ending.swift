import Fal
import JSON
import Ledger
import Money
import OpenAI

extension ImageOrder {
    /// The answer to a request whose jobs are over.
    ///
    /// - Throws: the first failure when not a single image can be handed over as asked.
    func response(_ delivery: Delivery, _ record: RequestRecord) throws(GatewayError) -> ImageResponse {
        guard delivery.images.contains(where: { !$0.isReplacement }) else {
            throw record.firstFailure.naming(images: delivery.images.compactMap(\.address))
        }
        return StoredRendering(self).response(delivery, record)
    }

    /// An image as an event of a stream.
    func event(_ image: DeliveredImage, facts: JSONObject) -> ImageStreamEvent {
        var event = ImageStreamEvent.Completed(
            wanted.kind == .generation ? .generation : .edit, image.answer, created: Int(Timestamp.now.milliseconds / 1_000))
        event.background = wanted.background
        event.outputFormat = image.format
        event.quality = wanted.quality
        event.size = wanted.size?.text
        event.falgate = facts
        return .completed(event)
    }
}

extension GatewayError {
    /// The same, and where the images are that have been paid for.
    fileprivate func naming(images addresses: [String]) -> GatewayError {
        guard !addresses.isEmpty else { return self }
        var error = GatewayError(
            kind, "\(message) fal keeps it at \(addresses.joined(separator: ", ")).", param: param, code: code,
            status: status, detail: detail, retryAfter: retryAfter)
        error.requestID = requestID
        return error
    }
}
