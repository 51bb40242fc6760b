import Fal
import HTTP
import JSON
import Ledger
import OpenAI
import Reactor

/// What a streamed answer is made of, on its way from the jobs to the connection.
typealias EventFeed = AsyncStream<[ArraySlice<UInt8>]>.Continuation

extension Worker {
    /// Between two comments that say how far the jobs are. Proxies cut connections that are silent
    /// for 60 seconds; a few seconds also keep a person informed.
    private static let heartbeat: Duration = .seconds(5)

    /// Answers with an event for every image as it is finished, and comments while none is.
    ///
    /// The head goes out before the cost is known, so `x-litellm-response-cost` carries the most it
    /// can be; each event has what its job did cost. What goes wrong from here on is an `error` event.
    func stream(_ order: ImageOrder, _ record: RequestRecord, _ running: RunningRequest) -> Response {
        let (pieces, feed) = AsyncStream.makeStream(of: [ArraySlice<UInt8>].self)
        let token = running.watch(feed)
        let events = ImageEvents(
            running, pieces, feed, token, self, policy: order.setup.configuration.disconnectPolicy,
            overdue: record.waitsUntil.map { ($0, GatewayError.overdue(record.id)) })
        return .events(record, events)
    }

    /// The events of an answer that is there already.
    func replay(_ order: ImageOrder, _ record: RequestRecord, _ response: ImageResponse) -> Response {
        let events = response.images.map { image in
            order.event(
                DeliveredImage(answer: image, format: response.outputFormat), facts: response.falgate ?? [:]
            ).segments()
        }
        var fields = Response.eventFields
        record.describe(in: &fields)
        return Response(status: 200, fields: fields, body: .segments(events.flatMap { $0 }))
    }

    /// Sends a comment every few seconds.
    fileprivate static func tick(_ running: RunningRequest, into feed: EventFeed, on reactor: Reactor) async {
        while (try? await reactor.sleep(until: .after(Worker.heartbeat))) != nil { feed.yield([running.comment]) }
    }
}

extension Response {
    fileprivate static let eventFields: Fields = [
        "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store", "X-Accel-Buffering": "no",
    ]

    fileprivate static func events(_ record: RequestRecord, _ events: ImageEvents) -> Response {
        var fields = eventFields
        record.describe(in: &fields)
        return Response(status: 200, fields: fields, body: events.body)
    }
}

/// The body of a streamed answer: what the request publishes, sent as it comes.
private final class ImageEvents: Sendable {
    private let running: RunningRequest
    private let pieces: AsyncStream<[ArraySlice<UInt8>]>
    private let feed: EventFeed
    private let token: Int
    private let worker: Worker
    private let policy: DisconnectPolicy
    /// When the caller's patience is over, and what he is told then.
    private let overdue: (deadline: Deadline, error: GatewayError)?

    init(
        _ running: RunningRequest, _ pieces: AsyncStream<[ArraySlice<UInt8>]>, _ feed: EventFeed, _ token: Int,
        _ worker: Worker, policy: DisconnectPolicy, overdue: (deadline: Deadline, error: GatewayError)?
    ) {
        self.running = running
        self.pieces = pieces
        self.feed = feed
        self.token = token
        self.worker = worker
        self.policy = policy
        self.overdue = overdue
    }

    /// A body that is never sent, because the connection broke before, leaves as well.
    deinit {
        running.stopWatching(token)
        worker.core.left(running, policy)
    }

    /// The caller waits no longer: this stream ends, the jobs go on and are kept.
    private func end(at deadline: Deadline, with error: GatewayError) async {
        do throws(IOFailure) { try await worker.reactor.sleep(until: deadline) } catch { return }
        worker.keepForLater(running)
        feed.yield(ImageStreamEvent.failed(ErrorEnvelope(error)).segments())
        feed.finish()
    }

    var body: Response.Body {
        .stream { writer in
            let reactor = self.worker.reactor
            let ticker = Task(executorPreference: reactor) {
                await Worker.tick(self.running, into: self.feed, on: reactor)
            }
            let alarm = self.overdue.map { overdue in
                Task(executorPreference: reactor) { await self.end(at: overdue.deadline, with: overdue.error) }
            }
            defer {
                ticker.cancel()
                alarm?.cancel()
            }
            self.feed.yield([self.running.comment])
            for await segments in self.pieces {
                for segment in segments { try await writer.write(segment) }
            }
        }
    }
}
