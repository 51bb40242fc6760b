import Glibc
import Reactor
import Testing

@testable import Gateway

@Suite("The log") struct LogTests {
    /// The two ends of a pipe whose writer never waits, as others who share standard error may want it.
    private func pipeThatNeverWaits() throws -> (reader: Int32, writer: Int32) {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        try #require(fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0)
        return (ends[0], ends[1])
    }

    /// What comes up to these words; less where nothing comes for a minute.
    private func text(from descriptor: Int32, until end: String) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !String(decoding: bytes.suffix(end.utf8.count), as: UTF8.self).hasSuffix(end) {
            var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, 60_000) == 1 else { break }
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("a reader who is slow loses no line, whoever has made the descriptor one that never waits")
    func slowReader() throws {
        let (reader, writer) = try pipeThatNeverWaits()
        defer { for end in [reader, writer] { close(end) } }
        let log = try Log(threshold: .info, descriptor: writer)
        let filling = String(repeating: "x", count: 1_000)
        // Several times what a pipe holds.
        for number in 0..<500 { log.write(.info, "line", [("number", String(number)), ("filling", filling)]) }
        log.write(.info, "the last")
        let lines = text(from: reader, until: "the last\n").split(separator: "\n")
        #expect(lines.count == 501)
        #expect(lines.allSatisfy { $0.hasSuffix(filling) || $0.contains("the last") })
    }

    @Test("lines that could not be written are counted by the next that is")
    func counted() throws {
        let (reader, writer) = try pipeThatNeverWaits()
        // Nothing can be written there, until the pipe is put in its place.
        let descriptor = open("/dev/null", O_RDONLY)
        defer { for end in [reader, writer, descriptor] { close(end) } }
        let log = try Log(threshold: .info, descriptor: descriptor)
        log.write(.info, "lost")
        log.write(.info, "lost")
        let end = ContinuousClock.now + .seconds(60)
        while log.dropped < 2, .now < end { sched_yield() }
        try #require(dup2(writer, descriptor) == descriptor)
        log.write(.info, "found")
        #expect(text(from: reader, until: "were dropped\n").contains("\n2 log lines were dropped"))
    }

    @Test("a reader who has stopped reading does not keep the process from its end", arguments: [O_NONBLOCK, 0])
    func stuckReader(flags: Int32) throws {
        let (reader, writer) = try pipeThatNeverWaits()
        defer { for end in [reader, writer] { close(end) } }
        let zeros = [UInt8](repeating: 0, count: 4096)
        while write(writer, zeros, zeros.count) > 0 {}
        try #require(fcntl(writer, F_SETFL, flags) == 0)
        let log = try Log(threshold: .info, descriptor: writer)
        let filling = String(repeating: "x", count: 100_000)
        // Until the log's own thread is stuck with what it has taken, and the buffer behind it is full.
        while log.dropped == 0 { log.write(.info, "line", [("filling", filling)]) }
        let before = log.dropped
        log.flush(until: .after(.milliseconds(10)))
        #expect(log.dropped > before)
        // The log's own thread comes free.
        log.write(.info, "the last")
        #expect(text(from: reader, until: "were dropped\n").hasSuffix("were dropped\n"))
    }
}
