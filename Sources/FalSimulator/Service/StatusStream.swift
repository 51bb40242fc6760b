import HTTP

/// The body of one status stream: asks the simulator for event after event and sends them.
struct StatusStream: Sendable {
    /// What has been told last; the stream speaks again when this is no longer true.
    struct Told: Sendable, Equatable {
        var state: SimulatedJob.State
        var position: Int
    }

    let simulator: Simulator
    let ticket: Ticket
    let head: RequestHead

    var body: Response.Body {
        .stream { writer in
            var told: Told?
            while true {
                let (bytes, now) = try await simulator.nextEvent(for: ticket, head, after: told)
                try await writer.write(bytes)
                guard let now else { return }
                told = now
            }
        }
    }
}
