import CLinux
import Glibc
package import Reactor
import Synchronization

/// The operator's log: one line an event, `key=value` pairs, on standard error.
///
/// A loop must not wait for whoever reads the log, so lines go through a bounded buffer to a
/// thread of their own. When the reader is too slow, lines are dropped and the next one that gets
/// through says how many.
package final class Log: Sendable {
    package enum Level: Int, Sendable, Comparable {
        case debug, info, warning, error

        package static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }

        var name: String {
            switch self {
            case .debug: "debug"
            case .info: "info"
            case .warning: "warning"
            case .error: "error"
            }
        }
    }

    /// Text that may wait for a slow reader: some ten thousand lines.
    private static let capacity = 2 * 1024 * 1024

    private struct Buffer: Sendable {
        var bytes: [UInt8] = []
        var dropped = 0
    }

    private let buffer = Mutex(Buffer())
    private let bell: Int32
    private let descriptor: Int32
    private let threshold: Level

    /// - Parameters:
    ///   - threshold: what is less important is not written.
    ///   - descriptor: where lines go; stays the caller's to close.
    /// - Throws: `.system` when no thread can be started.
    package init(threshold: Level, descriptor: Int32 = STDERR_FILENO) throws(IOFailure) {
        self.threshold = threshold
        self.descriptor = descriptor
        bell = eventfd(0, Int32(EFD_CLOEXEC))
        try startThread(named: "log") { [weak self, bell] in
            clinux_be_background_thread()
            var rung: UInt64 = 0
            while read(bell, &rung, 8) == 8 || clinux_errno() == EINTR {
                guard let self else { break }
                self.flush()
            }
            close(bell)
        }
    }

    deinit {
        var one: UInt64 = 1
        Glibc.write(bell, &one, 8)
    }

    /// Lines that were lost, and that no other has told of yet.
    var dropped: Int { buffer.withLock { $0.dropped } }

    package func isWritten(_ level: Level) -> Bool {
        level >= threshold
    }

    /// Adds a line. Values with blanks or quotes are quoted; control characters become spaces.
    package func write(_ level: Level, _ event: String, _ pairs: [(String, String)] = []) {
        write(level, event) { line in
            for (key, value) in pairs { line.add(key, value) }
        }
    }

    /// As above, with the pairs added one by one; not run for a line that is not written.
    func write(_ level: Level, _ event: String, _ describe: (inout LogLine) -> Void) {
        guard isWritten(level) else { return }
        var line = LogLine(level, event)
        describe(&line)
        add(line.finished())
    }

    /// How long the last lines of a process may take: whoever stops reading does not keep it alive.
    package static let lastPatience: Duration = .seconds(1)

    /// What a pipe that can be written to takes at once; `PIPE_BUF` of Linux.
    private static let certainBytes = 4096

    /// Writes what is waiting, on the caller's thread: before the process ends.
    ///
    /// - Parameter deadline: what the reader has not taken by then is lost.
    package func flush(until deadline: Deadline = .never) {
        let waiting = buffer.withLock { buffer in
            defer { buffer = Buffer() }
            return buffer
        }
        var bytes = waiting.bytes
        if waiting.dropped > 0 { bytes += Array("\(waiting.dropped) log lines were dropped\n".utf8) }
        let most = deadline == .never ? Int.max : Log.certainBytes
        var written = 0
        while written < bytes.count {
            var count = 0
            if deadline == .never || isReady(until: deadline) {
                count = bytes.withUnsafeBytes {
                    Glibc.write(descriptor, $0.baseAddress?.advanced(by: written), min($0.count - written, most))
                }
                if count < 0, clinux_errno() == EINTR { continue }
                // Somebody who shares the descriptor wants never to wait. This thread may.
                if count < 0, clinux_errno() == EAGAIN, isReady(until: deadline) { continue }
            }
            guard count > 0 else {
                let lost = waiting.dropped + bytes[written...].count { $0 == UInt8(ascii: "\n") }
                return buffer.withLock { $0.dropped += lost }
            }
            written += count
        }
    }

    /// Waits until something can be written, or the deadline has passed: `false`.
    private func isReady(until deadline: Deadline) -> Bool {
        var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        let patience = deadline == .never ? -1 : Int32(clamping: deadline.nanoseconds(since: .now) / 1_000_000)
        return poll(&ready, 1, patience) != 0
    }

    private func add(_ line: [UInt8]) {
        let mustRing = buffer.withLock { buffer in
            guard buffer.bytes.count + line.count <= Log.capacity else {
                buffer.dropped += 1
                return false
            }
            buffer.bytes += line
            return buffer.bytes.count == line.count
        }
        guard mustRing else { return }
        var one: UInt64 = 1
        Glibc.write(bell, &one, 8)
    }
}
