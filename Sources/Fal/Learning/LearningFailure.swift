/// Why nothing can be learned of an endpoint.
package enum LearningFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// fal publishes nothing under that id.
    case unknownEndpoint
    /// The document could not be had; another attempt may succeed.
    case notFetched(String)
    /// JSON, perhaps, but no OpenAPI 3 document.
    case notOpenAPI
    /// No operation takes a JSON body with a described type.
    case noInput
    /// No operation is described that gives a request's result.
    case noOutput
    /// What the result has instead of images.
    case notAnImageEndpoint(fields: [String])
    /// Beyond the bounds that any real document keeps: refused, not read in part.
    case tooComplex
    /// The document says something that no profile can.
    case contradictory(ProfileError)

    package var description: String {
        switch self {
        case .unknownEndpoint: "fal publishes no document of this endpoint: does it exist?"
        case .notFetched(let reason): "fal's document could not be fetched: \(reason)"
        case .notOpenAPI: "this is not an OpenAPI 3 document"
        case .noInput: "the document describes no input of the endpoint"
        case .noOutput: "the document describes no result of the endpoint"
        case .notAnImageEndpoint(let fields):
            "not an image endpoint: its result has \(fields.isEmpty ? "no fields" : fields.joined(separator: ", "))"
                + " and neither images nor image"
        case .tooComplex: "the document is larger or deeper than any that fal publishes"
        case .contradictory(let error): "the document contradicts itself: \(error)"
        }
    }
}
