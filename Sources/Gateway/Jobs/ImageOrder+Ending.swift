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

    /// What an answer says of a field: what was sent, be it under the model's own name; nothing where it was left out.
    func told(_ name: String, asked: String?) -> String? {
        guard let call = plan.calls.first else { return nil }
        if let sent = call.input[name]?.stringValue { return sent }
        return asked.flatMap { call.says(name, $0, on: deployment.profile) ? $0 : nil }
    }

    /// Of a size that was asked for: what the model makes, where that is known beforehand, else `auto`.
    var toldSize: String? {
        guard wanted.size != nil, !plan.dropped.contains(where: { $0.name == "size" }) else { return nil }
        if case .exactly(let size)? = plan.calls.first?.pixels { return size.description }
        return ImageSize.automatic.description
    }

    /// An image as an event of a stream.
    func event(_ image: DeliveredImage, facts: JSONObject) -> ImageStreamEvent {
        var event = ImageStreamEvent.Completed(
            wanted.kind == .generation ? .generation : .edit, image.answer, created: Int(Timestamp.now.milliseconds / 1_000))
        event.background = told("background", asked: wanted.background)
        event.outputFormat = image.format
        event.quality = told("quality", asked: wanted.quality)
        event.size = toldSize.map { image.size?.description ?? $0 }
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
