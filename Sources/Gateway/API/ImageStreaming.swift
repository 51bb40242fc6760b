import Fal
import HTTP
import JSON
import Ledger
import OpenAI
import Reactor

/// What a streamed answer is made of, on its way from the jobs to the connection.
enum StreamPiece: Sendable {
    /// An image as it was handed over, and what is known of its job.
    case image(DeliveredImage, facts: JSONObject)
    /// A comment or an event as it is sent.
    case written([ArraySlice<UInt8>])

    /// What went wrong, as the last event.
    static func error(_ error: GatewayError) -> StreamPiece {
        .written(ImageStreamEvent.failed(ErrorEnvelope(error)).segments())
    }
}

typealias EventFeed = AsyncStream<StreamPiece>.Continuation

extension Worker {
    /// Between two comments that say how far the jobs are. Proxies cut connections that are silent
    /// for 60 seconds; a few seconds also keep a person informed.
    private static let heartbeat: Duration = .seconds(5)

    /// Answers with an event for every image as it is finished, and comments while none is. Who joins a
    /// request that runs gets first what others were told before.
    ///
    /// The head goes out before the cost is known, so `x-litellm-response-cost` carries the most it
    /// can be; each event has what its job did cost. What goes wrong from here on is an `error` event.
    func stream(_ order: ImageOrder, _ record: RequestRecord, _ running: RunningRequest) -> Response {
        let events = ImageEvents(order, running, self, until: record.waitsUntil)
        var fields = Response.eventFields
        record.describe(in: &fields)
        return Response(status: 200, fields: fields, body: events.body)
    }

    /// Sends a comment every few seconds.
    fileprivate static func tick(_ running: RunningRequest, into feed: EventFeed, on reactor: Reactor) async {
        while (try? await reactor.sleep(until: .after(Worker.heartbeat))) != nil { feed.yield(.written([running.comment])) }
    }

    /// The image as it was asked for: its bytes are fetched again where nobody waited for them when they were at hand.
    fileprivate func completed(_ image: DeliveredImage, _ order: ImageOrder) async -> DeliveredImage {
        guard order.delivery.hasBytes, image.answer.base64 == nil, !image.isReplacement, let address = image.address
        else { return image }
        var image = image
        do {
            let encoded = try await fetchedAgain(address, base: order.deployment.upstream.base.origin, order.setup)
            image.answer.base64 = encoded.base64
            image.format = encoded.format.rawValue
            if !order.delivery.hasAddress { image.answer.url = nil }
        } catch {
            image.answer.url = address
        }
        return image
    }
}

extension Response {
    fileprivate static let eventFields: Fields = [
        "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store", "X-Accel-Buffering": "no",
    ]

    /// The events of an answer that is there already.
    static func events(of answer: ImageResponse, _ order: ImageOrder) -> Response {
        let events = answer.images.map { image in
            let size = answer.size.flatMap { PixelSize($0) }
            return order.event(DeliveredImage(answer: image, format: answer.outputFormat, size: size), facts: answer.falgate ?? [:])
        }
        return Response(status: 200, fields: eventFields, body: .segments(events.flatMap { $0.segments() }))
    }
}

/// The body of a streamed answer: what the request publishes, sent as it comes.
private final class ImageEvents: Sendable {
    private let order: ImageOrder
    private let running: RunningRequest
    private let worker: Worker
    private let pieces: AsyncStream<StreamPiece>
    private let feed: EventFeed
    private let token: Int
    /// When the caller's patience is over.
    private let deadline: Deadline?
    /// The last event has been sent. Set on the loop that holds the last reference.
    private nonisolated(unsafe) var isTold = false

    init(_ order: ImageOrder, _ running: RunningRequest, _ worker: Worker, until deadline: Deadline?) {
        self.order = order
        self.running = running
        self.worker = worker
        self.deadline = deadline
        (pieces, feed) = AsyncStream.makeStream(of: StreamPiece.self)
        token = running.watch(feed)
    }

    /// A body that is never sent, because the connection broke before, leaves as well.
    deinit {
        running.stopWatching(token)
        if !isTold { worker.core.undelivered.note(running.id, of: running.wish) }
        worker.core.left(running, order.setup.configuration.disconnectPolicy)
    }

    /// The caller waits no longer: this stream ends, the jobs go on and are kept.
    private func end(at deadline: Deadline) async {
        do throws(IOFailure) { try await worker.reactor.sleep(until: deadline) } catch { return }
        feed.yield(.error(running.overdueError))
        feed.finish()
        running.stopWatching(token)
        worker.keepForLater(running, order)
    }

    private func segments(of piece: StreamPiece) async -> [ArraySlice<UInt8>] {
        switch piece {
        case .written(let segments): segments
        case .image(let image, let facts): order.event(await worker.completed(image, order), facts: facts).segments()
        }
    }

    var body: Response.Body {
        .stream { writer in
            let reactor = self.worker.reactor
            let ticker = Task(executorPreference: reactor) {
                await Worker.tick(self.running, into: self.feed, on: reactor)
            }
            let alarm = self.deadline.map { deadline in
                Task(executorPreference: reactor) { await self.end(at: deadline) }
            }
            defer {
                ticker.cancel()
                alarm?.cancel()
            }
            self.feed.yield(.written([self.running.comment]))
            for await piece in self.pieces {
                for segment in await self.segments(of: piece) { try await writer.write(segment) }
            }
            // A hang-up ends the pieces as well.
            self.isTold = !Task.isCancelled
        }
    }
}
