import HTTP
import OpenAI

/// An image request that has come, until its jobs begin: who asks, under which configuration, and what is known
/// of it so far.
///
/// An object, because async calls hand it on that would hold all of it each.
final class Arrival {
    let head: RequestHead
    let kind: ImageRequest.Kind
    /// Named by the path or the query; it beats the body's.
    let model: String?
    let setup: Setup
    /// How the answer is asked for when not at once: by the path, or by what has been read.
    var asynchronous: AsyncDialect?
    /// What it becomes; `nil` as long as that is not decided.
    var order: ImageOrder?
    /// Whether it was made before.
    var repetition: Repetition?
    let record: RequestRecord

    init(
        _ head: RequestHead, kind: ImageRequest.Kind, caller: Caller, model: String?, _ dialect: AsyncDialect?, _ setup: Setup
    ) {
        self.head = head
        self.kind = kind
        self.model = model
        self.setup = setup
        asynchronous = dialect
        record = RequestRecord(head, kind: kind, caller: caller)
    }
}

/// What a caller wants, and how the deployment was come by where it goes. It becomes an order when enough is known
/// of that deployment's endpoint.
final class ImageWish: Sendable {
    let wanted: ImageRequest
    /// As the caller named it.
    let model: String
    let way: Itinerary

    init(_ wanted: ImageRequest, model: String, along way: Itinerary) {
        self.wanted = wanted
        self.model = model
        self.way = way
    }
}
