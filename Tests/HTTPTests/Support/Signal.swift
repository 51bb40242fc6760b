import Dispatch
import Synchronization

/// Something happened on one side that the other side of a test waits for: in a thread or in a task.
final class Signal: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream()
    }

    /// Wakes whoever waits, now or later; once for each kind of wait.
    func fire() {
        semaphore.signal()
        continuation.yield()
    }

    /// For scripts, which run in threads.
    func waitBlocking() throws {
        guard semaphore.wait(timeout: .now() + .seconds(300)) == .success else { throw PeerError("no signal in 300 s") }
    }

    /// For tests, which run in tasks.
    func wait() async {
        for await _ in stream { return }
    }
}

/// Counts scripts that are still running.
final class Outstanding: Sendable {
    private struct State {
        var running = 0
        var failures: [String] = []
    }

    private let state = Mutex(State())
    private let group = DispatchGroup()

    func begin() {
        state.withLock { $0.running += 1 }
        group.enter()
    }

    func end(_ failure: String?) {
        state.withLock { state in
            state.running -= 1
            if let failure { state.failures.append(failure) }
        }
        group.leave()
    }

    /// - Returns: what went wrong, in the order in which it did.
    func wait() async -> [String] {
        await withCheckedContinuation { done in
            group.notify(queue: .global()) { done.resume() }
        }
        return state.withLock { $0.failures }
    }
}
