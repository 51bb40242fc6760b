internal import CLinux
internal import Glibc
internal import Synchronization

/// A thread that blocks on the disk, so that no event loop has to.
final class NamedThread: Sendable {
    private let thread: Mutex<pthread_t?>

    /// - Parameter name: as `top -H` shows it, at most 15 bytes.
    init(_ name: String, _ body: sending @escaping () -> Void) throws(LedgerError) {
        var started = pthread_t()
        let box = Unmanaged.passRetained(ThreadBody(name, body))
        // Signals are for the threads that serve them: block them here.
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        let failure = pthread_create(
            &started, nil,
            { argument in
                if let argument { Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, box.toOpaque())
        pthread_sigmask(SIG_SETMASK, &before, nil)
        guard failure == 0 else {
            box.release()
            throw .cannotStartThread(errno: failure)
        }
        thread = Mutex(started)
    }

    /// Waits until the thread has ended. Returns at once when somebody waits or has waited already.
    func join() {
        let mine = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        if let mine { pthread_join(mine, nil) }
    }
}

private final class ThreadBody {
    private let name: String
    private let body: () -> Void

    init(_ name: String, _ body: @escaping () -> Void) {
        self.name = name
        self.body = body
    }

    func run() {
        takeName()
        clinux_be_background_thread()
        body()
    }

    /// pthread_setname_np is a GNU extension, which the Glibc module leaves out.
    private func takeName() {
        let descriptor = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = name.withCString { write(descriptor, $0, strlen($0)) }
        close(descriptor)
    }
}
