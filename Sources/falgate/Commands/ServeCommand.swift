import Gateway
import Glibc
import HTTP
import Ledger
import Reactor

extension Command {
    static let serve = Command(
        name: "serve", summary: "serves OpenAI's Images API on top of fal", operands: "",
        options: [
            .value("config", "c", as: "FILE", help: "the configuration (CONFIG_FILE_PATH); config.yaml if there is one"),
            .value("host", as: "IP", help: "the address to listen on (HOST); 0.0.0.0, or 127.0.0.1 without a master key"),
            .value("port", "p", as: "N", help: "the port to listen on (PORT); 4000"),
            .value("num_workers", as: "N", help: "event loops (NUM_WORKERS); one a core"),
            .value("ssl_certfile_path", as: "FILE", help: "serve TLS with this certificate chain in PEM (SSL_CERTFILE_PATH)"),
            .value("ssl_keyfile_path", as: "FILE", help: "and this private key in PEM (SSL_KEYFILE_PATH)"),
            .value("graceful_shutdown_seconds", as: "N", help: "how long SIGTERM lets running requests finish; 30"),
            .flag("strict", help: "an unknown key in the configuration is an error"),
            .flag("debug", help: "log more (DEBUG=true)"),
            .flag("detailed_debug", help: "the same as --debug (DETAILED_DEBUG=true)"),
        ]
    ) { arguments in
        try arguments.expectPositionals(atMost: 0)
        return try ServeRun(arguments).run()
    }
}

/// One run of `falgate serve`, from the command line to the last answer.
struct ServeRun {
    private static let usualPort = 4000
    private static let usualGrace = 30
    private static let mostLoops = 256

    let configuration: Configuration
    let options: Gateway.Options
    let grace: Duration
    let threshold: Log.Level

    init(_ arguments: Arguments) throws {
        let environment = Environment.variables
        let port = try arguments.integer("port", orVariable: "PORT", of: environment, in: 0...65_535) ?? ServeRun.usualPort
        let loops =
            try arguments.integer("num_workers", orVariable: "NUM_WORKERS", of: environment, in: 1...ServeRun.mostLoops)
            ?? min(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))), ServeRun.mostLoops)
        grace = .seconds(try arguments.integer("graceful_shutdown_seconds", in: 0...86_400) ?? ServeRun.usualGrace)
        threshold = ["debug", "detailed_debug"].contains { arguments.has($0) || ServeRun.isOn(environment[$0.uppercased()]) } ? .debug : .info
        let source = try ServeRun.source(arguments, environment)
        var limits = ServerLimits()
        let descriptors = Descriptors.raise()
        limits.connections = Descriptors.connections(under: descriptors)
        var clientLimits = ClientLimits()
        clientLimits.connectionsPerOrigin = Descriptors.connectionsPerOrigin(under: descriptors, loops: loops)
        configuration = try ServeRun.configuration(source)
        options = Gateway.Options(
            address: try ServeRun.address(
                arguments.value("host", orVariable: "HOST", of: environment), port: UInt16(clamping: port), hasKey: configuration.masterKey != nil),
            loops: loops,
            tls: try source.tls.map { files throws(IOFailure) in try TLSServerContext(certificateFile: files.certificate, keyFile: files.key) },
            source: source, limits: limits, clientLimits: clientLimits)
    }

    /// Serves until SIGTERM or SIGINT; a second one stops at once. SIGHUP reads the configuration again.
    func run() throws -> Int32 {
        var signals = Signals([SIGTERM, SIGINT, SIGHUP])
        let log = try Log(threshold: threshold)
        let gateway: Gateway
        do {
            gateway = try Blocking.wait(throwing: { [configuration, options] in
                try await Gateway(configuration, options: options, log: log)
            })
        } catch {
            log.flush(until: .after(Log.lastPatience))
            guard let error = error as? LedgerError else { throw error }
            throw StartFailure("the database \(configuration.databaseLocation): \(error)")
        }
        announce(gateway)
        while signals.next() == SIGHUP { gateway.reload() }
        complain("falgate: finishing what runs; once more to stop at once")
        let deadline = Deadline.after(grace)
        Task.detached {
            await gateway.drain(until: deadline)
            log.flush(until: .after(Log.lastPatience))
            exit(0)
        }
        while signals.next() == SIGHUP {}
        complain("falgate: stopped; jobs still running at fal stay in the journal")
        return 1
    }

    private func announce(_ gateway: Gateway) {
        let scheme = options.tls == nil ? "http" : "https"
        var text = "falgate \(GatewayVersion.number)\n"
        for name in gateway.modelNames { text += "  model \(name)\n" }
        for warning in warnings { text += "  warning: \(warning)\n" }
        text += "listening on \(scheme)://\(gateway.address)\n"
        output(text)
    }

    /// What an operator should know before somebody else finds out.
    private var warnings: [String] {
        guard configuration.masterKey != nil else {
            return ["no master_key is set: everybody on this machine may use the fal key (nobody from outside can connect)"]
        }
        var warnings: [String] = []
        if options.tls == nil, !options.address.isLoopback {
            warnings.append("keys and images cross the network unencrypted: put TLS in front, or use --ssl_certfile_path")
        }
        return warnings
    }

    private static func source(_ arguments: Arguments, _ environment: [String: String]) throws -> ConfigurationSource {
        ConfigurationSource(
            path: path(arguments, environment),
            environment: environment, strictness: arguments.has("strict") ? .strict : .lenient,
            tls: try tls(arguments, environment))
    }

    static func path(_ arguments: Arguments, _ environment: [String: String]) -> String {
        arguments.value("config", orVariable: "CONFIG_FILE_PATH", of: environment)?.text ?? "config.yaml"
    }

    private static func configuration(_ source: ConfigurationSource) throws -> Configuration {
        let (configuration, findings) = source.read()
        for finding in findings { complain("\(finding)") }
        guard let configuration else { throw StartFailure("the configuration has errors; nothing is served") }
        return configuration
    }

    /// What LiteLLM's command line takes for yes.
    private static func isOn(_ variable: String?) -> Bool {
        ["1", "true", "t", "yes", "y", "on"].contains(variable?.lowercased())
    }

    private static func address(_ given: (text: String, place: String)?, port: UInt16, hasKey: Bool) throws -> SocketAddress {
        let (host, place) = given ?? (hasKey ? "0.0.0.0" : "127.0.0.1", "--host")
        guard let address = SocketAddress(ip: host == "localhost" ? "127.0.0.1" : host, port: port) else {
            throw UsageError("\(place) is \(host); it takes an IP address such as 0.0.0.0 or ::1")
        }
        guard hasKey || address.isLoopback else {
            throw StartFailure("without a master_key only the loopback may be listened on, and \(place) is \(host)")
        }
        return address
    }

    private static func tls(
        _ arguments: Arguments, _ environment: [String: String]
    ) throws -> ConfigurationSource.TLSFiles? {
        let certificate = arguments.value("ssl_certfile_path", orVariable: "SSL_CERTFILE_PATH", of: environment)
        let key = arguments.value("ssl_keyfile_path", orVariable: "SSL_KEYFILE_PATH", of: environment)
        return switch (certificate, key) {
        case (let certificate?, let key?): ConfigurationSource.TLSFiles(certificate: certificate.text, key: key.text)
        case (nil, nil): nil
        default:
            throw UsageError(
                "TLS needs both --ssl_certfile_path and --ssl_keyfile_path (or SSL_CERTFILE_PATH and SSL_KEYFILE_PATH)")
        }
    }
}

/// Why nothing could be started, in words for the operator.
struct StartFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
