import HTTP
import JSON
import Reactor

extension Command {
    static let health = Command(
        name: "health", summary: "asks a running gateway whether its fal keys work, free of charge", operands: "",
        options: [
            .value("url", as: "URL", help: "where it is; http://127.0.0.1:4000"),
            .value("key", as: "KEY", help: "its master key (LITELLM_MASTER_KEY)"),
            .flag("liveness", help: "only whether it answers at all; needs no key"),
        ]
    ) { arguments in
        try arguments.expectPositionals(atMost: 0)
        let base = arguments["url"] ?? "http://127.0.0.1:4000"
        let path = arguments.has("liveness") ? "/health/liveness" : "/health"
        guard let url = URL(base + path) else { throw UsageError("--url is \(base), which is no URL") }
        var fields = Fields()
        if let key = arguments.value("key", orVariable: "LITELLM_MASTER_KEY", of: Environment.variables) {
            fields.append("authorization", "Bearer \(key.text)")
        }
        let answer = try OneRequest.send(ClientRequest(.get, url, fields: fields))
        output(String(decoding: answer.body, as: UTF8.self) + "\n")
        let unhealthy = (try? JSON.parse(answer.body, duplicateKeys: .keepLast))?["unhealthy_count"]?.intValue ?? 0
        return answer.status == 200 && unhealthy == 0 ? 0 : 1
    }
}

/// One HTTP request of a command that then ends.
enum OneRequest {
    /// For everything: an operator is waiting at a terminal.
    private static let timeout: Duration = .seconds(120)
    private static let maximumBytes = 256 * 1024 * 1024

    /// Blocks until the answer is there. Not for a loop's thread.
    ///
    /// - Throws: `ClientError`, `IOFailure`.
    static func send(_ request: ClientRequest) throws -> ClientResponse {
        let caller = try LoopCaller()
        defer { caller.reactor.stop() }
        return try Blocking.wait { await caller.send(request, until: .after(timeout), maximumBytes: maximumBytes) }.get()
    }
}

/// The loop that a command's own requests run on.
private actor LoopCaller {
    nonisolated let reactor: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

    init() throws(IOFailure) {
        reactor = try Reactor(name: "request")
    }

    nonisolated func send(
        _ request: ClientRequest, until deadline: Deadline, maximumBytes: Int
    ) async -> Result<ClientResponse, ClientError> {
        await Task(executorPreference: reactor) { await self.perform(request, deadline, maximumBytes) }.value
    }

    private func perform(
        _ request: ClientRequest, _ deadline: Deadline, _ maximumBytes: Int
    ) async -> Result<ClientResponse, ClientError> {
        let client = Client(on: reactor, resolver: Resolver(), tls: TLSClientContext())
        do {
            return .success(
                try await client.send(request, timeouts: ClientTimeouts(whole: deadline), maximumBodyBytes: maximumBytes))
        } catch {
            return .failure(error)
        }
    }
}
