import Reactor

/// What the connections of one server share; all of it stays on its loop.
final class ServerLoop {
    /// A buffer that grew beyond this is not kept for the next answer.
    private static let spareOutputBytes = 64 * 1024

    let reactor: Reactor
    let limits: ServerLimits
    let headLimits: HeadLimits
    let service: any Service
    let tls: TLSServerContext?
    /// Connections that wait for a request: closing one takes nothing from its client.
    let idle = ConnectionList()
    /// Connections that have been answered for the last time and wait for the client to close.
    let lingering = ConnectionList()
    /// Connections that have sent a part of a head, or of a TLS handshake.
    let reading = ConnectionList()
    /// No further request is read on any connection.
    var isDraining = false
    private var date = DateField()
    private var spareOutput: [UInt8] = []

    init(reactor: Reactor, limits: ServerLimits, service: any Service, tls: TLSServerContext?) {
        self.reactor = reactor
        self.limits = limits
        headLimits = limits.head
        self.service = service
        self.tls = tls
    }

    /// The connection that is missed least when there is no room for another.
    var leastMissed: ServerConnection? {
        idle.oldest ?? lingering.oldest ?? reading.oldest
    }

    func currentDate() -> [UInt8] {
        date.current()
    }

    /// An empty buffer to compose an answer in; `giveBack` lets the next answer use its storage.
    func takeOutput() -> [UInt8] {
        var output: [UInt8] = []
        swap(&output, &spareOutput)
        return output
    }

    func giveBack(_ output: inout [UInt8]) {
        guard output.capacity <= ServerLoop.spareOutputBytes else { return }
        swap(&output, &spareOutput)
        spareOutput.removeAll(keepingCapacity: true)
    }
}
