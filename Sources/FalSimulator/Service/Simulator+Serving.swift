package import HTTP
package import Reactor

/// Running a simulator: all that the command line and other targets' tests need.
///
///     let reactor = try Reactor(name: "simulator")
///     let listener = try Listener(SocketAddress(ip: "127.0.0.1", port: 0)!, backlog: 1024)
///     let server = try Simulator.server(SimulatorOptions(), on: listener, reactor: reactor)
///     reactor.spawn { await server.run() }
///     // http://\(listener.address) is now fal's queue, and http://\(listener.address)/fal.run its
///     // synchronous host. `server.drain(until:)` ends it.
extension Simulator {
    /// A server for a new simulator, with bounds that fit many slow callers.
    ///
    /// - Parameter tls: to be told as `https` set `SimulatorOptions.publicOrigin` as well.
    /// - Throws: `.system` when the loop cannot watch the listener.
    package static func server(
        _ options: SimulatorOptions, on listener: Listener, reactor: Reactor, tls: TLSServerContext? = nil
    ) throws(IOFailure) -> Server {
        try Server(
            listener: listener, reactor: reactor, limits: limits, service: Simulator(options, on: reactor), tls: tls)
    }

    /// fal takes larger bodies than a gateway does, and a gateway under test opens many connections.
    private static var limits: ServerLimits {
        var limits = ServerLimits()
        limits.bodyBytes = bodyBytes
        limits.connections = 60_000
        return limits
    }
}
