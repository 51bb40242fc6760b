/// The parking place of one task on its loop: every suspension of the layers above ends here.
///
/// A wait ends in exactly one of three ways: `wake()`, its deadline, or the cancellation of the
/// waiting task. A `wake()` that comes while nobody waits is kept for the next wait. One task
/// may wait at a time, or one piece of work in its place. Not Sendable: it belongs to one loop, and its
/// methods are called there.
package final class Waiter {
    static let notInHeap = -1

    /// Who is parked.
    private enum Parked {
        case task(UnsafeContinuation<IOFailure?, Never>)
        case work(() -> Void)
    }

    private let reactor: Reactor
    private var parked: Parked?
    private var wasWoken = false
    /// Set from the entry of `wait` to its suspension. The runtime may let other tasks of the loop
    /// run in between, whose `wake()` or cancellation must not be lost.
    private var isEntering = false
    private var cancelledTicket: UInt64 = 0
    /// Tells this wait from earlier ones, so that a late cancellation cannot end the wrong wait.
    private var ticket: UInt64 = 0
    private(set) var deadline = Deadline.never
    var heapIndex = Waiter.notInHeap

    package init(on reactor: Reactor) {
        self.reactor = reactor
    }

    /// Whether a task is parked here now, or about to be.
    package var isOccupied: Bool { parked != nil || isEntering }

    /// Suspends until `wake()`.
    ///
    /// - Throws: `.timedOut` at the deadline, `.cancelled` when the task is or gets cancelled.
    package func wait(until deadline: Deadline) async throws(IOFailure) {
        reactor.preconditionOnLoop()
        if wasWoken {
            wasWoken = false
            return
        }
        precondition(!isOccupied, "two tasks wait at one place")
        isEntering = true
        ticket &+= 1
        let mine = ticket
        nonisolated(unsafe) let this = self
        let failure = await withTaskCancellationHandler {
            if Task.isCancelled {
                isEntering = false
                return IOFailure.cancelled as IOFailure?
            }
            return await withUnsafeContinuation { park($0, until: deadline) }
        } onCancel: {
            this.reactor.post { this.cancel(ticket: mine) }
        }
        if let failure { throw failure }
    }

    private func park(_ continuation: UnsafeContinuation<IOFailure?, Never>, until deadline: Deadline) {
        isEntering = false
        if wasWoken {
            wasWoken = false
            continuation.resume(returning: nil)
        } else if cancelledTicket == ticket {
            continuation.resume(returning: .cancelled)
        } else {
            park(.task(continuation), until: deadline)
        }
    }

    private func park(_ parked: Parked, until deadline: Deadline) {
        self.parked = parked
        self.deadline = deadline
        if deadline < .never { reactor.startTimer(self) }
    }

    /// Waits without a task, for what may take minutes and is waited for by ten thousand.
    ///
    /// - Parameter work: called once, on this loop: after a `wake()`, perhaps before this returns, or at the
    ///   deadline. It is kept until then.
    package func whenOver(until deadline: Deadline, _ work: @escaping () -> Void) {
        reactor.preconditionOnLoop()
        precondition(!isOccupied, "two wait at one place")
        if wasWoken {
            wasWoken = false
            work()
        } else {
            park(.work(work), until: deadline)
        }
    }

    /// Ends the wait, or lets the next one return at once.
    package func wake() {
        reactor.preconditionOnLoop()
        if parked == nil { wasWoken = true } else { end(nil) }
    }

    /// Forgets a `wake()` that nobody has waited for.
    package func reset() {
        wasWoken = false
    }

    func expire() {
        end(.timedOut)
    }

    private func cancel(ticket cancelled: UInt64) {
        guard ticket == cancelled else { return }
        if isEntering { cancelledTicket = cancelled } else { end(.cancelled) }
    }

    private func end(_ failure: IOFailure?) {
        guard let waiting = parked.take() else { return }
        if heapIndex != Waiter.notInHeap { reactor.stopTimer(self) }
        switch waiting {
        case .task(let continuation): continuation.resume(returning: failure)
        case .work(let work): work()
        }
    }
}
