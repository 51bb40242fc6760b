import Reactor
import Testing

@testable import HTTP

/// One row of the tables: raw bytes, what becomes of them, and why.
struct RequestCase: Sendable, CustomTestStringConvertible {
    enum Verdict: Equatable, Sendable {
        /// `method path` and the body, and how many bytes are left for the next request.
        case accepted(String, body: String, left: Int)
        /// The status of the refusal; the connection closes.
        case refused(Int)
        /// More bytes are needed.
        case incomplete
    }

    let raw: [UInt8]
    let verdict: Verdict
    let reason: String

    var testDescription: String { reason }

    static func ok(_ raw: String, _ line: String, body: String = "", left: Int = 0, _ reason: String) -> RequestCase {
        RequestCase(raw: Array(raw.utf8), verdict: .accepted(line, body: body, left: left), reason: reason)
    }

    static func no(_ raw: String, _ status: Int, _ reason: String) -> RequestCase {
        RequestCase(raw: Array(raw.utf8), verdict: .refused(status), reason: reason)
    }

    static func no(_ raw: [UInt8], _ status: Int, _ reason: String) -> RequestCase {
        RequestCase(raw: raw, verdict: .refused(status), reason: reason)
    }

    static func more(_ raw: String, _ reason: String) -> RequestCase {
        RequestCase(raw: Array(raw.utf8), verdict: .incomplete, reason: reason)
    }

    /// A refused field line between an otherwise good request's first and last lines.
    static func field(_ line: String, _ status: Int, _ reason: String) -> RequestCase {
        no("GET / HTTP/1.1\r\nHost: a\r\n\(line)\r\n\r\n", status, reason)
    }

    /// The same with one byte that no Swift literal can hold.
    static func field(_ before: String, byte: UInt8, _ after: String, _ status: Int, _ reason: String) -> RequestCase {
        let raw = Array("GET / HTTP/1.1\r\nHost: a\r\n\(before)".utf8) + [byte] + Array("\(after)\r\n\r\n".utf8)
        return no(raw, status, reason)
    }
}

/// Reads one request from pieces as a connection does, and says what became of it.
struct RequestReading {
    static let bodyLimit = 1000

    private var parser = RequestHeadParser(limits: HeadLimits())
    private var line = ""
    private var framing: BodyFraming?
    private var decoder = ChunkedDecoder(maximumBytes: bodyLimit)
    private var body: [UInt8] = []
    private var left = 0

    static func verdict(_ pieces: [ArraySlice<UInt8>]) -> RequestCase.Verdict {
        var reading = RequestReading()
        do throws(ProtocolError) {
            for piece in pieces { try reading.take(Array(piece)) }
        } catch {
            return .refused(error.status)
        }
        guard reading.isComplete else { return .incomplete }
        return .accepted(reading.line, body: String(decoding: reading.body, as: UTF8.self), left: reading.left)
    }

    private var isComplete: Bool {
        switch framing {
        case .length(let count): body.count == count
        case .chunked: decoder.isComplete
        case .none?, .untilClose: true
        case nil: false
        }
    }

    private mutating func take(_ piece: [UInt8]) throws(ProtocolError) {
        var used = try piece.withUnsafeBufferPointer { bytes throws(ProtocolError) in try parser.consume(bytes) }
        if framing == nil, parser.isComplete {
            let received = try parser.request(peer: nil, arrived: .now)
            framing = received.framing
            line = "\(received.head.method) \(received.head.path)"
        }
        switch framing {
        case .length(let count):
            guard count <= RequestReading.bodyLimit else { throw ProtocolError(status: 413, reason: "") }
            let more = piece[used...].prefix(count - body.count)
            body += more
            used += more.count
        case .chunked where !decoder.isComplete:
            used += try piece[used...].withUnsafeBufferPointer { bytes throws(ProtocolError) in
                try decoder.decode(bytes, into: &body)
            }
        case .chunked, .none?, .untilClose, nil:
            break
        }
        left += piece.count - used
    }
}

extension RequestCase {
    /// Fed whole, byte by byte, and cut in two everywhere: the verdict never changes.
    func check() {
        #expect(RequestReading.verdict([raw[...]]) == verdict, "whole: \(reason)")
        let bytewise = raw.indices.map { raw[$0...$0] }
        #expect(RequestReading.verdict(bytewise) == verdict, "byte by byte: \(reason)")
        // The middle of an oversized row is one byte repeated: every cut in it tells the same story.
        let cuts = raw.count < 2000 ? Array(raw.indices) : Array(0..<100) + Array(raw.count - 100..<raw.count)
        for cut in cuts {
            let found = RequestReading.verdict([raw[..<cut], raw[cut...]])
            if found != verdict { Issue.record("cut at \(cut): \(found) for \(reason)") }
        }
    }
}
