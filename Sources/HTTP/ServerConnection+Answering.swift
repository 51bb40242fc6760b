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

    /// What its request asks of an answer. Kept while the service works, so it holds nothing large.
    struct AnswerForm {
        var isForHead = false
        var minorVersion = 1

        init() {}

        init(for request: RequestHead) {
            isForHead = request.method == .head
            minorVersion = request.minorVersion
        }
    }

    /// A response on its way. Sent once, hence not copyable.
    struct Answer: ~Copyable {
        var response: Response
        var form: AnswerForm
        var then: Sequel

        /// Nothing is sent behind the head.
        var isBodiless: Bool { form.isForHead || response.status == 204 || response.status == 304 }
    }

    /// Bodies and segments up to this size are copied behind what is sent before them: one system
    /// call more costs as much as copying them.
    private static let gatheredBytes = 16 * 1024

    /// Sends `answer` and does what is to be done then.
    ///
    /// - Throws: `.quiet` when the connection serves no more.
    func finish(_ answer: consuming Answer) async throws(Ending) {
        if loop.isDraining || answer.asksForClose { answer.then.close() }
        let then = answer.then
        input.keep()
        let form = answer.form
        var output = loop.spareOutput.take()
        let rest = compose(answer, into: &output)
        try await write(output)
        if let rest { try await send(rest, form) }
        hasSentAll = !socket.peerHasHungUp
        loop.spareOutput.giveBack(&output)
        if case .next = then { return }
        // Who closes first cannot tell a client that has read everything from one that has not.
        if hasSentAll { noticeOfLoss = nil }
        try await conclude(then)
    }

    @inline(never)
    private func conclude(_ then: Sequel) async throws(Ending) {
        switch then {
        case .next: return
        case .discard(let count): try await discardBody(count)
        case .close where input.isEmpty: throw .quiet
        case .close, .linger:
            await linger()
            throw .quiet
        }
    }

    /// Sends all of `bytes`, which go to the kernel from where they are.
    private func write(slice bytes: ArraySlice<UInt8>) async throws(Ending) {
        defer { stopWaiting() }
        var rest = bytes
        do throws(IOFailure) {
            while !rest.isEmpty {
                if let count = try socket.tryWrite(rest) {
                    rest = rest.dropFirst(count)
                } else {
                    // Its place in the line tells when the last piece was taken.
                    wait(for: .piece)
                    try await socket.waitToWrite(stall: loop.limits.writeStall)
                }
            }
        } catch {
            throw .quiet
        }
    }

    /// Sends all of `bytes`.
    func write(_ bytes: [UInt8]) async throws(Ending) {
        let rest: ArraySlice<UInt8>
        do throws(IOFailure) {
            let sent = try socket.tryWrite(bytes) ?? 0
            if sent == bytes.count { return }
            rest = bytes[sent...]
        } catch {
            throw .quiet
        }
        try await write(slice: rest)
    }

    /// Puts the head, and a body that is short, into `output`.
    ///
    /// - Returns: the body, if it is still to be sent.
    @inline(never)
    private func compose(_ answer: consuming Answer, into output: inout [UInt8]) -> Response.Body? {
        ResponseHeadEncoder.encode(
            answer.response, answer.content, answer.persistence, date: loop.currentDate(), into: &output)
        let isComplete = answer.appendShortBody(to: &output, upTo: ServerConnection.gatheredBytes)
        return isComplete ? nil : answer.response.body
    }

    /// Sends a body that is long or streamed.
    @inline(never)
    private func send(_ body: Response.Body, _ form: AnswerForm) async throws(Ending) {
        switch body {
        case .bytes(let bytes): try await write(bytes)
        case .segments(let segments):
            var output: [UInt8] = []
            for segment in segments { try await send(segment, behind: &output) }
            if !output.isEmpty { try await write(output) }
        case .stream(let produce):
            try await stream(produce, asChunks: form.minorVersion >= 1 ? .chunked : .plain)
        }
    }

    /// Sends `segment` if it is long; else leaves it in `output`, behind what is still to be sent.
    private func send(_ segment: ArraySlice<UInt8>, behind output: inout [UInt8]) async throws(Ending) {
        if output.count + segment.count > ServerConnection.gatheredBytes, !output.isEmpty {
            try await write(output)
            output.removeAll(keepingCapacity: true)
        }
        if segment.count > ServerConnection.gatheredBytes {
            try await write(slice: segment)
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
        wait(for: .end)
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
    /// Whether the connection cannot stay behind it, whatever the client wants.
    fileprivate var asksForClose: Bool {
        if response.fields.contains("close", in: "Connection") { return true }
        guard case .stream = response.body else { return false }
        return form.minorVersion < 1 && !isBodiless
    }

    /// Puts a body of known length behind the head if both have at most `limit` bytes.
    ///
    /// - Returns: whether `output` is all there is to send.
    fileprivate func appendShortBody(to output: inout [UInt8], upTo limit: Int) -> Bool {
        if isBodiless { return true }
        guard let count = response.body.count, output.count + count <= limit else { return false }
        switch response.body {
        case .bytes(let bytes): output.append(contentsOf: bytes)
        case .segments(let segments): for segment in segments { output.append(contentsOf: segment) }
        case .stream: return false
        }
        return true
    }

    fileprivate var content: ResponseHeadEncoder.Content {
        if response.status == 204 || response.status == 304 { return .absent }
        if let count = response.body.count { return .length(count) }
        return form.minorVersion >= 1 ? .chunked : .untilClose
    }

    fileprivate var persistence: ResponseHeadEncoder.Persistence {
        switch then {
        case .close, .linger: .close
        case .next, .discard: form.minorVersion >= 1 ? .keepAlive : .keepAliveSaid
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
