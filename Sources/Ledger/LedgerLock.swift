internal import Glibc
internal import Synchronization

/// Keeps a second gateway off the same database.
///
/// SQLite would keep two from corrupting it, but not from recovering the same jobs or spending
/// the same budget twice. The lock is `flock` on a file of its own beside the database (never on
/// the database itself, see `Connection`), so the kernel gives it back however the process ends. A link leads to
/// the lock of the database that it leads to.
/// The file stays: removing it would let two processes hold locks on two files of one name.
///
/// Advisory: readers and other programs do not ask for it. On network file systems it is worth
/// what their `flock` is worth; SQLite's WAL does not work there anyway.
final class LedgerLock: Sendable {
    private let held: Mutex<Int32?>

    init(forDatabase database: String) throws(LedgerError) {
        let path = Self.resolved(database) + ".lock"
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .cannotLock(path: path, errno: errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            let holder = Self.processID(in: descriptor)
            Glibc.close(descriptor)
            throw reason == EWOULDBLOCK ? .inUse(processID: holder) : .cannotLock(path: path, errno: reason)
        }
        // For the message that another process gets; the lock does not depend on it.
        let text = Array("\(getpid())\n".utf8)
        ftruncate(descriptor, 0)
        _ = pwrite(descriptor, text, text.count, 0)
        held = Mutex(descriptor)
    }

    deinit {
        release()
    }

    /// Lets the next gateway in. Calling it again does nothing.
    func release() {
        held.withLock { held in
            guard let descriptor = held.take() else { return }
            // Closing is not enough while a process is being started: between fork and exec it
            // has the descriptor as well.
            flock(descriptor, LOCK_UN)
            Glibc.close(descriptor)
        }
    }

    /// - Returns: `path` without links; as it is where there is no such file yet.
    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    private static func processID(in descriptor: Int32) -> Int32? {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        return Int32(String(decoding: bytes.prefix(count).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }
}
