package import Reactor

/// An answer to a request.
///
/// The server adds `Date`, `Content-Length` or `Transfer-Encoding`, and `Connection`, so `fields`
/// need none of these; `Content-Length` and `Transfer-Encoding` given here are left out, `Date`
/// is kept, and `Connection: close` is obeyed.
package struct Response: Sendable {
    /// A final status, 200 to 599. Anything else is sent as 500.
    package var status: Int
    package var fields: Fields
    package var body: Body

    package enum Body: Sendable {
        case bytes([UInt8])
        /// Sent in order; long segments go to the kernel from where they are.
        case segments([ArraySlice<UInt8>])
        /// Sent as it is written, each write as one chunk (up to the connection's end for an
        /// HTTP/1.0 client). When the closure throws, the connection is cut without the final
        /// chunk, so that the client can tell. It runs on the connection's loop, in the task that
        /// is cancelled when the client hangs up; it is not run for HEAD.
        case stream(@Sendable (any BodyWriter) async throws -> Void)
    }

    package init(status: Int, fields: Fields = Fields(), body: Body = .bytes([])) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// An answer with `content` and its media type.
    package init(status: Int, contentType: String, content: [UInt8]) {
        self.init(status: status, fields: ["Content-Type": contentType], body: .bytes(content))
    }
}

extension Response.Body {
    /// The number of bytes, where it is known beforehand.
    package var count: Int? {
        switch self {
        case .bytes(let bytes): bytes.count
        case .segments(let segments): segments.reduce(0) { $0 + $1.count }
        case .stream: nil
        }
    }
}

/// Where a streamed body goes. Not Sendable: it stays with the task that got it.
package protocol BodyWriter: AnyObject {
    /// Sends `bytes` now, suspending while the client does not take them. Empty writes send nothing.
    ///
    /// - Throws: `.timedOut` when the client takes nothing for `ServerLimits.writeStall`,
    ///   `.closed`, `.cancelled`. Nothing more can be sent after any of them.
    func write(_ bytes: ArraySlice<UInt8>) async throws(IOFailure)
}

extension BodyWriter {
    /// Sends all of an array; see `write` of a part of one.
    package func write(_ bytes: [UInt8]) async throws(IOFailure) {
        try await write(bytes[...])
    }
}
