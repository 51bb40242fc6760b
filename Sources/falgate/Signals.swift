import Glibc

/// Signals taken one by one on the main thread, instead of interrupting whatever runs.
struct Signals {
    private var set = sigset_t()

    /// Blocks the signals for this thread and all it starts: to be made before any other thread.
    init(_ numbers: [Int32]) {
        sigemptyset(&set)
        for number in numbers { sigaddset(&set, number) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Waits for the next of the signals.
    mutating func next() -> Int32 {
        var number: Int32 = 0
        while sigwait(&set, &number) != 0 {}
        return number
    }
}
