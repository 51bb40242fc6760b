import Reactor

/// What the connections of one server share; all of it stays on its loop.
final class ServerLoop {
    let reactor: Reactor
    let limits: ServerLimits
    let headLimits: HeadLimits
    let service: any Service
    let tls: TLSServerContext?
    /// Connections whose client has the turn, whatever it is to do. When there is no room for another
    /// the oldest goes. One line, and not one for each thing to wait for: in a flood of one kind an
    /// honest client that has just come would else be the only one of another kind, and first to go.
    let waiting = ConnectionList()
    /// No further request is read on any connection.
    var isDraining = false
    private var date = DateField()
    @exclusivity(unchecked) var spareOutput = SpareOutput()

    init(reactor: Reactor, limits: ServerLimits, service: any Service, tls: TLSServerContext?) {
        self.reactor = reactor
        self.limits = limits
        headLimits = limits.head
        self.service = service
        self.tls = tls
    }

    func currentDate() -> [UInt8] {
        date.current()
    }
}
