package import Reactor

/// The head of a request, checked: what a handler can rely on before a byte of the body is read.
///
/// An immutable object rather than a value: it is handed through many async calls, each of which
/// would reserve room for all of its parts in every waiting request.
package final class RequestHead: Sendable {
    package let method: Method
    /// The request target as it was sent, visible ASCII.
    package let target: String
    /// The path, percent-decoded, without control bytes and dot segments; `*` for `OPTIONS *`.
    package let path: String
    /// The query, decoded, in order. A name without `=` has an empty value.
    package let query: [(name: String, value: String)]
    package let fields: Fields
    /// 0 for HTTP/1.0, 1 for HTTP/1.1.
    package let minorVersion: Int
    /// The other end of the connection, which may be a proxy.
    package let peer: SocketAddress?
    /// When the first byte of the request was read.
    package let arrived: Deadline

    /// A head as the server would have made it from the wire.
    ///
    /// - Throws: 400 for a target that is not acceptable, 501 for CONNECT.
    package convenience init(
        method: Method, target: String, fields: Fields = Fields(), minorVersion: Int = 1,
        peer: SocketAddress? = nil, arrived: Deadline = .now
    ) throws(ProtocolError) {
        let bytes = Array(target.utf8)
        guard bytes.allSatisfy({ ByteClass.contains($0, .visible) }) else {
            throw .malformed("a byte that cannot stand in a request target")
        }
        let parsed = try bytes.withUnsafeBufferPointer { bytes throws(ProtocolError) in
            try RequestTarget(bytes, text: target, method: method)
        }
        self.init(method, target, parsed, fields, minorVersion, peer, arrived)
    }

    init(
        _ method: Method, _ target: String, _ parsed: RequestTarget, _ fields: Fields, _ minorVersion: Int,
        _ peer: SocketAddress?, _ arrived: Deadline
    ) {
        self.method = method
        self.target = target
        path = parsed.path
        query = parsed.query
        self.fields = fields
        self.minorVersion = minorVersion
        self.peer = peer
        self.arrived = arrived
    }

    /// The first value of `name` in the query.
    package func queryValue(_ name: String) -> String? {
        query.first { $0.name == name }?.value
    }
}

/// A request with its whole body.
package struct Request: Sendable {
    package var head: RequestHead
    /// Decoded: chunks are gone. Trailer fields are not kept.
    package var body: [UInt8]

    package init(head: RequestHead, body: [UInt8] = []) {
        self.head = head
        self.body = body
    }
}
