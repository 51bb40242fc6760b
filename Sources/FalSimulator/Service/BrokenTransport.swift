import HTTP
import Reactor

/// Sends an answer as a network that misbehaves would.
enum BrokenTransport {
    /// Thrown into a body to cut its connection.
    private struct Cut: Error {}

    /// - Returns: the response with the disturbance built in.
    static func response(_ answer: Answer, _ transport: Fault.Transport, on reactor: Reactor) async -> Response {
        var response = answer.response
        let body = Array(answer.segments.joined())
        switch transport {
        case .hang:
            // Ends when the client hangs up.
            try? await reactor.sleep(until: .never)
            response.body = .stream { _ in throw Cut() }
        case .drop:
            response.body = .stream { _ in throw Cut() }
        case .truncate(let count):
            response.body = .stream { writer in
                try await writer.write(Array(body.prefix(count)))
                throw Cut()
            }
        case .stall(let count, let pause):
            response.body = .stream { writer in
                try await writer.write(Array(body.prefix(count)))
                try await reactor.sleep(until: .after(pause))
                try await writer.write(Array(body.dropFirst(count)))
            }
        case .pieces(let size, let pause):
            response.body = .stream { writer in
                for start in stride(from: 0, to: body.count, by: size) {
                    try await writer.write(Array(body[start..<min(start + size, body.count)]))
                    if pause > .zero { try await reactor.sleep(until: .after(pause)) }
                }
            }
        }
        return response
    }
}
