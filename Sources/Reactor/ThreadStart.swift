import CLinux
import Glibc

/// What a new thread runs, boxed for the C boundary.
private final class ThreadBody {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

/// Starts a detached thread that runs `body` once.
///
/// - Parameter name: shown by `top -H`; the kernel keeps the first 15 bytes.
/// - Throws: `.system` when the process may not have another thread.
package func startThread(named name: String, _ body: @escaping @Sendable () -> Void) throws(IOFailure) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    let box = Unmanaged.passRetained(ThreadBody(body))
    var thread = pthread_t()
    let code = pthread_create(&thread, &attributes, { argument in
        guard let argument else { return nil }
        Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run()
        return nil
    }, box.toOpaque())
    guard code == 0 else {
        box.release()
        throw .of(code, "pthread_create")
    }
    pthread_setname_np(thread, String(decoding: name.utf8.prefix(15), as: UTF8.self))
}
