/// What the actors pinned to a loop run on.
///
/// Apart from the loop itself, which runs the tasks that are at no actor: the runtime compares executors wherever
/// an async function returns or goes on, and a job that runs as if on another than it is meant for is put into the
/// queue a second time, only to go on on the same thread.
final class ActorExecutor: SerialExecutor, @unchecked Sendable {
    // @unchecked: set once, by the loop that owns it, before its thread starts.
    unowned(unsafe) var reactor: Reactor?

    func enqueue(_ job: consuming ExecutorJob) {
        reactor?.enqueue(ReadyJob(UnownedJob(job), isOfActor: true))
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    func checkIsolated() {
        reactor?.preconditionOnLoop()
    }

    func isIsolatingCurrentContext() -> Bool? {
        reactor?.isCurrent
    }
}
