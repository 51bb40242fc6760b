import FalSimulator
import Glibc
import HTTP
import Reactor

extension Command {
    static let simulate = Command(
        name: "simulate", summary: "serves a stand-in for fal's queue and CDN, without keys or money", operands: "",
        options: [
            .value("host", as: "IP", help: "the address to listen on; 127.0.0.1"),
            .value("port", "p", as: "N", help: "the port to listen on; 4001"),
            .value("latency", as: "KIND", help: "instant (the default), realistic, or a number of milliseconds"),
            .value("runners", as: "N", help: "jobs of one key in progress at a time; no bound"),
        ]
    ) { arguments in
        try arguments.expectPositionals(atMost: 0)
        var signals = Signals([SIGTERM, SIGINT])
        let port = try arguments.integer("port", in: 0...65_535) ?? 4001
        guard let address = SocketAddress(ip: arguments["host"] ?? "127.0.0.1", port: UInt16(port)) else {
            throw UsageError("--host takes an IP address")
        }
        var options = SimulatorOptions()
        options.latency = try SimulatedFal.latency(arguments["latency"] ?? "instant")
        options.runnersPerKey = try arguments.integer("runners", in: 1...1_000_000)
        let simulator = try SimulatedFal(options, at: address)
        output("fal simulator listening on http://\(simulator.address)\n")
        _ = signals.next()
        return 0
    }
}

/// A simulator on a loop of its own.
struct SimulatedFal {
    let address: SocketAddress

    init(_ options: SimulatorOptions, at address: SocketAddress) throws {
        let reactor = try Reactor(name: "simulator")
        let listener = try Listener(address, backlog: 4096)
        let server = try Simulator.server(options, on: listener, reactor: reactor)
        reactor.spawn { await server.run() }
        self.address = listener.address
    }

    static func latency(_ text: String) throws(UsageError) -> LatencySetting {
        switch text {
        case "instant": return .instant
        case "realistic": return .realistic
        default:
            guard let milliseconds = Int(text), (0...3_600_000).contains(milliseconds) else {
                throw UsageError("--latency is \(text); it takes instant, realistic or milliseconds")
            }
            return .fixed(queue: .zero, run: .milliseconds(milliseconds))
        }
    }
}
