import Reactor

/// An answer whose head is here and whose body is still coming. Not Sendable: it stays on its loop.
///
/// When the last byte has been read the connection goes back to the pool by itself. Before that
/// `close()` gives the rest up, and so does letting go of this object: the connection is closed,
/// since reading on for nobody may cost more than a new one.
package final class IncomingResponse {
    /// Memory reserved because the server says that so much will come; beyond it the body has to
    /// come first. Results with several images fit, and memory that is never touched costs next to
    /// nothing.
    private static let largestReservation = 128 * 1024 * 1024
    /// The same for a body whose length nobody tells, once it has shown itself to be large: growing
    /// step by step would hold it twice at every step. Most images fit.
    private static let reservationForChunks = 32 * 1024 * 1024
    private static let largeBody = 256 * 1024

    package let status: Int
    package let fields: Fields

    private let connection: ClientConnection
    private let reactor: Reactor
    private let idle: Duration
    private let whole: Deadline
    private let maximumBodyBytes: Int
    /// Whether the server will take another request on this connection.
    private let keepsConnection: Bool
    @exclusivity(unchecked) private var body: AnswerBody
    private var isFinished = false

    /// Takes over `connection`; on an error it stays the caller's.
    ///
    /// - Throws: at stage `head` when it is in doubt where the body ends or when it is encoded, at
    ///   stage `limit` when it is announced to be larger than `maximumBodyBytes`.
    init(
        _ head: ResponseHead, to exchange: Exchange, over connection: ClientConnection, on reactor: Reactor
    ) throws(ClientError) {
        let control = ControlFields(head.fields)
        maximumBodyBytes = exchange.maximumBodyBytes
        do {
            let framing = try BodyFraming(response: head, control, to: exchange.request.method)
            body = try AnswerBody(framing, maximumBytes: maximumBodyBytes)
        } catch {
            throw IncomingResponse.failure(.head, error, maximumBodyBytes, status: head.status)
        }
        if !body.isComplete, let coding = IncomingResponse.coding(of: head.fields) {
            throw .after(.head, .encoded(coding), status: head.status)
        }
        status = head.status
        fields = head.fields
        keepsConnection = control.keepsConnection(minorVersion: head.minorVersion) && body.endsBeforeConnection
        self.connection = connection
        self.reactor = reactor
        idle = exchange.timeouts.idle
        whole = exchange.timeouts.whole
        if body.isComplete { finish() }
    }

    deinit {
        guard !isFinished else { return }
        // The pool is touched on its loop alone, and this may run anywhere.
        nonisolated(unsafe) let connection = connection
        reactor.post { connection.discard() }
    }

    /// Bytes that the body will have, where the answer says so; 0 where it has none.
    package var announcedBytes: Int? { body.announcedBytes }

    /// The next piece of the body as it came from the network, at most 64 KB.
    ///
    /// - Returns: `nil` when the body is complete.
    /// - Throws: at stage `body` when it is cut off, malformed, silent for `idle`, or the task is
    ///   cancelled; at stage `limit` when it outgrows its bound. The connection is closed then.
    package func next() async throws(ClientError) -> [UInt8]? {
        var piece: [UInt8] = []
        while piece.isEmpty, !isFinished { try await receive(into: &piece) }
        return piece.isEmpty ? nil : piece
    }

    /// The whole body, or what is left of it.
    ///
    /// - Throws: as `next`.
    package func rest() async throws(ClientError) -> [UInt8] {
        var bytes: [UInt8] = []
        // A small body has come with the head.
        if announcedBytes != connection.surplus.count {
            bytes.reserveCapacity(min(announcedBytes ?? 0, IncomingResponse.largestReservation))
        }
        while !isFinished {
            try await receive(into: &bytes)
            if announcedBytes == nil, bytes.count > IncomingResponse.largeBody {
                bytes.reserveCapacity(min(maximumBodyBytes, IncomingResponse.reservationForChunks))
            }
        }
        return bytes
    }

    /// Gives up what has not been read. Cheap, and harmless when everything has.
    package func close() {
        guard !isFinished else { return }
        isFinished = true
        connection.discard()
    }

    // MARK: Reading

    /// Appends what is there; waits for something to be there first.
    private func receive(into output: inout [UInt8]) async throws(ClientError) {
        do throws(ClientError) {
            if connection.surplus.isEmpty {
                // Looked at here because neither shows while the peer keeps sending.
                guard !Task.isCancelled else { throw failure(.io(.cancelled)) }
                guard Deadline.now < whole else { throw failure(.io(.timedOut)) }
                try await waitReadable()
            }
            try takeAvailable(into: &output)
        } catch {
            close()
            throw error
        }
    }

    private func waitReadable() async throws(ClientError) {
        do {
            try await connection.socket.waitReadable(until: .earlier(reactor.turnBegan.advanced(by: idle), whole))
        } catch {
            throw failure(.io(error))
        }
    }

    private func takeAvailable(into output: inout [UInt8]) throws(ClientError) {
        guard connection.surplus.isEmpty else {
            var early: [UInt8] = []
            swap(&early, &connection.surplus)
            if output.isEmpty, body.isCompleted(by: early.count) {
                output = early
                body.complete()
                return finish()
            }
            return try early.withUnsafeBufferPointer { input throws(ClientError) in try take(input, into: &output) }
        }
        let count: Int?
        do {
            count = try connection.socket.tryRead(into: reactor.scratch)
        } catch {
            throw failure(.io(error))
        }
        switch count {
        case nil: return
        case 0:
            guard body.end() else { throw failure(.endedEarly) }
            finish()
        case .some(let count):
            let scratch = UnsafeRawBufferPointer(reactor.scratch).bindMemory(to: UInt8.self)
            try take(UnsafeBufferPointer(rebasing: scratch[..<count]), into: &output)
        }
    }

    private func take(_ input: UnsafeBufferPointer<UInt8>, into output: inout [UInt8]) throws(ClientError) {
        do {
            let taken = try body.take(input, into: &output)
            connection.surplus.append(contentsOf: input[taken...])
        } catch {
            throw IncomingResponse.failure(.body, error, maximumBodyBytes, status: status)
        }
        if body.isComplete { finish() }
    }

    /// Bytes behind the answer's end were asked for by nobody: `release` does not keep a
    /// connection that has some.
    private func finish() {
        isFinished = true
        if keepsConnection { connection.release() } else { connection.discard() }
    }

    // MARK: Judging

    private func failure(_ cause: ClientError.Cause) -> ClientError {
        .after(.body, cause, status: status)
    }

    /// A body over its limit is a matter of this side, everything else of the answer.
    private static func failure(
        _ stage: ClientError.Stage, _ error: ProtocolError, _ limit: Int, status: Int
    ) -> ClientError {
        error.status == 413
            ? .after(.limit, .bodyTooLarge(limit: limit), status: status)
            : .after(stage, .malformed(error), status: status)
    }

    /// The content coding, unless it is none at all. RFC 9110, section 8.4.
    private static func coding(of fields: Fields) -> String? {
        guard fields.contains("Content-Encoding") else { return nil }
        return fields.all("Content-Encoding").first { !$0.isEmpty && $0.lowercased() != "identity" }
    }
}
