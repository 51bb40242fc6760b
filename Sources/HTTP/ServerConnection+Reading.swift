import Reactor

extension ServerConnection {
    private static let continueLine = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
    /// Reserved for a body whose length is announced; more only as it comes, or a liar's word
    /// would cost memory.
    private static let trustedBodyBytes = 256 * 1024

    /// Suspends until there is something to read.
    ///
    /// - Throws: `.quiet` when the client closes, stays silent for too long, or is given up.
    func awaitRequest() async throws(Ending) {
        guard input.isEmpty else { return }
        guard !loop.isDraining else { throw .quiet }
        wait(for: .request)
        try await fillInput(until: loop.reactor.turnBegan.advanced(by: loop.limits.idleTimeout), during: .idling)
    }

    /// Reads a head, of which some bytes are there.
    ///
    /// - Throws: `.refused` for a bad head, and with 408 for a slow one; `.quiet` when the client
    ///   goes away.
    func readHead() async throws(Ending) -> ReceivedHead {
        var parser = RequestHeadParser(limits: loop.headLimits)
        let arrived = Deadline.now
        while true {
            do throws(ProtocolError) {
                try input.consume { bytes throws(ProtocolError) in try parser.consume(bytes) }
                if parser.isComplete {
                    stopWaiting()
                    return try parser.request(peer: peer, arrived: arrived)
                }
            } catch {
                throw .refused(error)
            }
            if waiting != .head { wait(for: .head) }
            try await fillInput(until: arrived.advanced(by: loop.limits.headTimeout), during: .head)
        }
    }

    /// Reads the whole body, telling the client first to go on if it waits for that.
    ///
    /// - Throws: `.refused` with 400, 408, 413 or 431; `.quiet` when the client goes away.
    func readBody(of received: borrowing ReceivedHead, maximumBytes: Int) async throws(Ending) -> [UInt8] {
        guard received.framing != .none else { return [] }
        defer { stopWaiting() }
        // Part of the body is here already: the client does not wait. RFC 9110, section 10.1.1.
        if received.expectsContinue, input.isEmpty {
            try await write(ServerConnection.continueLine)
        }
        var body: [UInt8] = []
        let start = loop.reactor.turnBegan
        switch received.framing {
        case .length(let count):
            body.reserveCapacity(min(count, ServerConnection.trustedBodyBytes))
            while true {
                takeInput(upTo: count - body.count) { body.append(contentsOf: $0) }
                if body.count == count { return body }
                try await waitForBody(since: start, received: body.count)
            }
        case .chunked:
            var decoder = ChunkedDecoder(maximumBytes: maximumBytes)
            while true {
                do throws(ProtocolError) {
                    try input.consume { bytes throws(ProtocolError) in try decoder.decode(bytes, into: &body) }
                } catch {
                    throw .refused(error)
                }
                if decoder.isComplete { return body }
                try await waitForBody(since: start, received: body.count)
            }
        case .none, .untilClose:
            return body
        }
    }

    /// Reads `count` bytes of a body that nobody wants.
    func discardBody(_ count: Int) async throws(Ending) {
        var left = count
        let start = Deadline.now
        while true {
            takeInput(upTo: left) { left -= $0.count }
            if left == 0 { return }
            try await waitForBody(since: start, received: count - left)
        }
    }

    private func takeInput(upTo count: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        guard count > 0, !input.isEmpty else { return }
        do throws(ProtocolError) {
            try input.consume { bytes throws(ProtocolError) in
                let piece = UnsafeBufferPointer(rebasing: bytes.prefix(count))
                body(piece)
                return piece.count
            }
        } catch {}
    }

    private func waitForBody(since start: Deadline, received: Int) async throws(Ending) {
        let limits = loop.limits
        let earned = Duration.milliseconds(received * 1000 / limits.bodyBytesPerSecond)
        let whole = start.advanced(by: limits.bodyGrace + earned)
        wait(for: .piece)
        try await fillInput(until: .earlier(whole, .after(limits.bodyIdleTimeout)), during: .body)
    }

    /// What the client is in the middle of.
    private enum Stage {
        case idling, head, body

        /// What running out of time means.
        var timeout: Ending {
            switch self {
            case .idling: .quiet
            case .head: .refused(ProtocolError(status: 408, reason: "the head took too long"))
            case .body: .refused(ProtocolError(status: 408, reason: "the body took too long"))
            }
        }
    }

    /// Suspends until there is input again.
    private func fillInput(until deadline: Deadline, during stage: Stage) async throws(Ending) {
        do throws(IOFailure) {
            while true {
                try await socket.waitReadable(until: deadline)
                switch try input.fill(from: socket) {
                case .bytes: return
                case .nothingYet: continue
                case .end: throw IOFailure.closed
                }
            }
        } catch {
            throw error == .timedOut ? stage.timeout : .quiet
        }
    }
}
