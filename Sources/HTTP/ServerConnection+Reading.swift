import Reactor

extension ServerConnection {
    private static let continueLine = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
    /// Reserved for a body whose length is announced; more only as it comes, or a liar's word
    /// would cost memory.
    private static let trustedBodyBytes = 256 * 1024

    /// Waits for a request and reads its head.
    ///
    /// - Throws: `.quiet` when the client closes, stays silent before the first byte, or is given
    ///   up; `.refused` for a bad head, and with 408 for a slow one.
    func readHead() async throws(Ending) -> ReceivedHead {
        var parser = RequestHeadParser(limits: loop.headLimits)
        var arrived = Deadline.never
        var deadline = Deadline.never
        while true {
            if !input.isEmpty {
                if arrived == .never {
                    arrived = .now
                    deadline = arrived.advanced(by: loop.limits.headTimeout)
                }
                do throws(ProtocolError) {
                    try input.consume { bytes throws(ProtocolError) in try parser.consume(bytes) }
                    if parser.isComplete {
                        leaveList()
                        return try parser.request(peer: peer, arrived: arrived)
                    }
                } catch {
                    throw .refused(error)
                }
                if list !== loop.reading { join(loop.reading) }
            } else if arrived == .never {
                guard !loop.isDraining else { throw .quiet }
                deadline = .after(loop.limits.idleTimeout)
                join(loop.idle)
            }
            let slow = ProtocolError(status: 408, reason: "the head took too long")
            try await fillInput(until: deadline, orElse: arrived == .never ? .quiet : .refused(slow))
        }
    }

    /// Reads the whole body, telling the client first to go on if it waits for that.
    ///
    /// - Throws: `.refused` with 400, 408, 413 or 431; `.quiet` when the client goes away.
    func readBody(of received: borrowing ReceivedHead, maximumBytes: Int) async throws(Ending) -> [UInt8] {
        guard received.framing != .none else { return [] }
        // Part of the body is here already: the client does not wait. RFC 9110, section 10.1.1.
        if received.expectsContinue, input.isEmpty {
            try await write(ServerConnection.continueLine)
        }
        var body: [UInt8] = []
        let start = Deadline.now
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
        let slow = ProtocolError(status: 408, reason: "the body took too long")
        try await fillInput(
            until: .earlier(whole, .after(limits.bodyIdleTimeout)), orElse: .refused(slow))
    }

    /// Suspends until there is input again.
    private func fillInput(until deadline: Deadline, orElse timeout: Ending) async throws(Ending) {
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
            throw error == .timedOut ? timeout : .quiet
        }
    }
}
