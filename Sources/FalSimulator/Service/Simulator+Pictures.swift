import HTTP
import JSON

/// The CDN: public files under addresses nobody can guess, for callers without credentials.
extension Simulator {
    func picture(_ request: Request, _ hex: String, _ name: String, _ record: Int) async -> Response {
        guard !request.head.fields.contains("Authorization") else {
            violations.append(
                Violation(
                    kind: "authorization_at_cdn",
                    detail: "\(request.head.method.name) \(request.head.target)", record: record))
            return Answer.detail(403, "A fal key must not be sent to the CDN").response
        }
        guard let (image, owner) = PictureAddress.read(hex: hex, name: name) else {
            return Answer.detail(404, "Not Found").response
        }
        log.name(owner, for: record)
        let order = queue.ticket(for: owner).flatMap { queue[$0]?.order }
        let contentType = order?.behaviour.output.contentType ?? image.format.contentType
        var answer = Answer(200, images.image(image).segments, contentType: contentType)
        answer.fields.append("Cache-Control", "public, max-age=31536000, immutable")
        guard let order, let ticket = queue.ticket(for: owner) else { return answer.response }
        let visit = queue.countVisit(.image, of: ticket)
        return await deliver(answer, order.behaviour.fault(on: .image, visit: visit))
    }
}
