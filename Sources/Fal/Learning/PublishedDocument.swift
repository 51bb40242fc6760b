package import HTTP
package import JSON

/// The OpenAPI document of an endpoint on fal's site: how it is asked for, and what the answer is
/// worth. Public: no key is sent.
package enum PublishedDocument {
    package static let usualBase = "https://fal.ai"
    /// fal's documents have twenty to sixty kilobytes.
    package static let maximumBytes = 2 * 1024 * 1024

    /// - Parameter base: an http(s) URL without a slash at its end.
    package static func request(for endpoint: Endpoint, base: String) throws(LearningFailure) -> ClientRequest {
        guard let url = URL(base + "/api/openapi/queue/openapi.json") else {
            throw .notFetched("\(base) is no URL")
        }
        return ClientRequest(
            .get, url.addingQuery("endpoint_id", endpoint.id), fields: ["accept": "application/json"])
    }

    /// The row of the profile table that the answer makes.
    ///
    /// - Parameter day: today, as `2026-11-21`.
    package static func row(
        in answer: ClientResponse, of endpoint: Endpoint, on day: String
    ) throws(LearningFailure) -> JSONObject {
        switch answer.status {
        case 200: break
        case 404: throw .unknownEndpoint
        default: throw .notFetched("the answer has status \(answer.status)")
        }
        guard answer.body.count <= maximumBytes else { throw .tooComplex }
        let document: JSONValue
        do {
            document = try JSON.parse(answer.body)
        } catch {
            throw .notOpenAPI
        }
        return try ProfileLearner.row(from: document, endpoint: endpoint, on: day)
    }
}
