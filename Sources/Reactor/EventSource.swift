/// Something registered with a loop's epoll: it is told which of its events came.
///
/// The registration keeps the object alive; `Reactor.unregister` gives it up after the current
/// batch of events, because a later event of the same batch may still name it. `Socket` and
/// `Acceptor` are the sources; other targets cannot make their own.
package class EventSource {
    let descriptor: Int32

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Called on the loop with epoll's event mask.
    func handle(_ events: UInt32) {}
}
