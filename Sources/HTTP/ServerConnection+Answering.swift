import Reactor

extension ServerConnection {
    /// What becomes of the connection once the response is sent.
    enum Sequel {
        /// The next request is read.
        case next
        /// The same, behind this many bytes of a body nobody read.
        case discard(Int)
        /// It is closed; the client has sent everything.
        case close
        /// It is closed, though the client may still be sending.
        case linger
    }

    /// A response, and what its request asked of the connection. Sent once, hence not copyable.
    struct Answer: ~Copyable {
        var response: Response
        var method: Method
        var minorVersion: Int
        var then: Sequel

        /// Nothing is sent behind the head.
        var isBodiless: Bool { method == .head || response.status == 204 || response.status == 304 }
    }

    /// Bodies and segments up to this size are copied behind what is sent before them: one system
    /// call more costs as much as copying them.
    private static let gatheredBytes = 16 * 1024

    /// Sends `answer` and does what is to be done then.
    ///
    /// - Throws: `.quiet` when the connection serves no more.
    func finish(_ answer: consuming Answer) async throws(Ending) {
        if loop.isDraining || answer.response.fields.contains("close", in: "Connection") { answer.then.close() }
        if case .stream = answer.response.body, answer.minorVersion < 1, !answer.isBodiless { answer.then.close() }
        let then = answer.then
        input.keep()
        try await send(answer)
        switch then {
        case .next: return
        case .discard(let count): try await discardBody(count)
        case .close where input.isEmpty: throw .quiet
        case .close, .linger:
            await linger()
            throw .quiet
        }
    }

    /// Sends all of `bytes`.
    func write(_ bytes: [UInt8]) async throws(Ending) {
        do throws(IOFailure) {
            try await socket.write(bytes, stall: loop.limits.writeStall)
        } catch {
            throw .quiet
        }
    }

    private func send(_ answer: consuming Answer) async throws(Ending) {
        var output = loop.takeOutput()
        ResponseHeadEncoder.encode(
            answer.response, answer.content, answer.persistence, date: loop.currentDate(), into: &output)
        if answer.isBodiless {
            try await write(output)
        } else {
            switch answer.response.body {
            case .bytes(let bytes):
                try await send(bytes, behind: &output)
                if !output.isEmpty { try await write(output) }
            case .segments(let segments):
                for segment in segments { try await send(segment, behind: &output) }
                if !output.isEmpty { try await write(output) }
            case .stream(let produce):
                try await write(output)
                try await stream(produce, asChunks: answer.minorVersion >= 1 ? .chunked : .plain)
            }
        }
        loop.giveBack(&output)
    }

    /// Sends `segment` if it is long; else leaves it in `output`, behind what is still to be sent.
    private func send(_ segment: [UInt8], behind output: inout [UInt8]) async throws(Ending) {
        if output.count + segment.count > ServerConnection.gatheredBytes, !output.isEmpty {
            try await write(output)
            output.removeAll(keepingCapacity: true)
        }
        if segment.count > ServerConnection.gatheredBytes {
            try await write(segment)
        } else {
            output.append(contentsOf: segment)
        }
    }

    private func stream(
        _ produce: @Sendable (any BodyWriter) async throws -> Void, asChunks coding: StreamWriter.Coding
    ) async throws(Ending) {
        let writer = StreamWriter(socket, coding, stall: loop.limits.writeStall)
        runsService = true
        defer { runsService = false }
        if socket.peerHasHungUp { task?.cancel() }
        do {
            try await produce(writer)
            try await writer.end()
        } catch {
            throw .quiet
        }
    }

    /// Closes in a way that lets the client read the answer while it is still sending: nothing
    /// more is sent, and what comes is thrown away for a while. RFC 9112, section 9.6.
    private func linger() async {
        let limits = loop.limits
        socket.shutdownWrite()
        join(loop.lingering)
        let deadline = Deadline.after(limits.lingerTimeout)
        var left = limits.lingerBytes
        do throws(IOFailure) {
            while left > 0 {
                try await socket.waitReadable(until: .earlier(deadline, .after(limits.lingerSilence)))
                guard let count = try socket.tryRead(into: loop.reactor.scratch) else { continue }
                if count == 0 { return }
                left -= count
            }
        } catch {}
    }
}

extension ServerConnection.Answer {
    fileprivate var content: ResponseHeadEncoder.Content {
        if response.status == 204 || response.status == 304 { return .absent }
        if let count = response.body.count { return .length(count) }
        return minorVersion >= 1 ? .chunked : .untilClose
    }

    fileprivate var persistence: ResponseHeadEncoder.Persistence {
        switch then {
        case .close, .linger: .close
        case .next, .discard: minorVersion >= 1 ? .keepAlive : .keepAliveSaid
        }
    }
}

extension ServerConnection.Sequel {
    /// Closes the connection instead of reading on.
    fileprivate mutating func close() {
        switch self {
        case .next: self = .close
        case .discard: self = .linger
        case .close, .linger: break
        }
    }
}
