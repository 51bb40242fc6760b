package import HTTP
import JSON

/// A question to fal's pricing API, `GET /v1/models/pricing`: how it is put, and what the answer says.
package struct PriceQuestion: Sendable {
    package static let usualBase = "https://api.fal.ai"
    /// fal takes fifty endpoints in one question.
    package static let endpointsAtOnce = 50

    private let url: URL
    private let key: FalKey

    /// - Parameters:
    ///   - base: an http(s) URL without a slash at its end. The key is sent there.
    ///   - endpoints: at most `endpointsAtOnce`.
    package init(about endpoints: [Endpoint], base: String, key: FalKey) throws(PricingFailure) {
        guard var url = URL(base + "/v1/models/pricing") else { throw .notFetched("\(base) is no URL") }
        for endpoint in endpoints { url = url.addingQuery("endpoint_id", endpoint.id) }
        self.url = url
        self.key = key
    }

    /// - Parameter cursor: of the page before; `nil` for the first one.
    package func request(cursor: String?) -> ClientRequest {
        let page = cursor.map { url.addingQuery("cursor", $0) } ?? url
        return ClientRequest(.get, page, fields: ["accept": "application/json", "authorization": key.authorization])
    }

    /// - Parameter day: today, as `2026-11-21`.
    package static func prices(in answer: ClientResponse, on day: String) throws(PricingFailure) -> PriceList {
        switch answer.status {
        case 200: break
        case 401, 403: throw .refused
        case 404: throw .unknownEndpoint
        default: throw .notFetched("the answer has status \(answer.status)")
        }
        guard let json = try? JSON.parse(answer.body, duplicateKeys: .keepLast), let list = PriceList(json, on: day) else {
            throw .notAPriceList
        }
        return list
    }
}

/// Why fal's prices could not be read.
package enum PricingFailure: Error, Sendable, Equatable, CustomStringConvertible {
    case refused
    /// One of the endpoints asked about.
    case unknownEndpoint
    case notAPriceList
    case notFetched(String)

    package var description: String {
        switch self {
        case .refused: "fal's pricing API does not accept the fal key"
        case .unknownEndpoint: "fal's pricing API does not know the endpoint"
        case .notAPriceList: "the answer is not fal's price list"
        case .notFetched(let reason): "fal's pricing API could not be asked: \(reason)"
        }
    }
}
