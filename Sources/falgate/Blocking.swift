import Glibc
import Synchronization

/// Waits on a plain thread for something asynchronous: the main thread of a command has nothing
/// else to do.
enum Blocking {
    private final class Slot<Value: Sendable>: Sendable {
        let value = Mutex<Value?>(nil)
    }

    static func wait<Value: Sendable>(throwing body: @escaping @Sendable () async throws -> Value) throws -> Value {
        try wait { () async -> Result<Value, any Error> in
            do {
                return .success(try await body())
            } catch {
                return .failure(error)
            }
        }.get()
    }

    static func wait<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) -> Value {
        let slot = Slot<Value>()
        let bell = BinarySemaphore()
        Task.detached {
            let value = await body()
            slot.value.withLock { $0 = value }
            bell.signal()
        }
        while true {
            bell.wait()
            if let value = slot.value.withLock({ $0 }) { return value }
        }
    }
}

/// POSIX's semaphore, for one signal.
private final class BinarySemaphore: @unchecked Sendable {
    // @unchecked: a semaphore is made to be shared by threads; the pointer never changes.
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() {
        sem_init(semaphore, 0, 0)
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func signal() {
        sem_post(semaphore)
    }

    func wait() {
        while sem_wait(semaphore) != 0 {}
    }
}
