import Testing

@testable import HTTP
import Reactor

@Suite("Client: bodies as they come") struct StreamingTests {
    @Test("events are read as they are sent, then the connection serves the next request")
    func events() async throws {
        let seen = Signal()
        let script: ScriptedPeer.Script = { peer in
            try peer.readHead()
            try peer.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            for status in ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"] {
                let event = "data: {\"status\":\"\(status)\"}\n\n"
                try peer.send(String(event.utf8.count, radix: 16) + "\r\n" + event + "\r\n")
                try seen.waitBlocking()
            }
            try peer.send("0\r\n\r\n")
            try peer.readHead()
            try peer.answer("next")
        }
        try await ClientLoop.with(peer: [script]) { (loop, peer) async throws in
            let request = ClientRequest.get("/status/stream", from: peer)
            let statuses = try await loop.run { (loop) async throws -> [String] in
                let incoming = try await loop.client.open(request, timeouts: .test)
                #expect(incoming.announcedBytes == nil)
                var parser = EventStreamParser()
                var statuses: [String] = []
                while let piece = try await incoming.next() {
                    for case .event(let event) in try parser.feed(piece) {
                        statuses.append(String(decoding: event.data, as: UTF8.self))
                        seen.fire()
                    }
                }
                return statuses
            }
            #expect(statuses == ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"].map { "{\"status\":\"\($0)\"}" })
            #expect(try await loop.send(request).text == "next")
        }
    }

    @Test("a stream that ends with the connection ends without an error")
    func untilClose() async throws {
        try await ClientLoop.with(peer: [{ peer in
            try peer.readHead()
            try peer.send("HTTP/1.1 200 OK\r\n\r\ndata: x\n\n")
        }]) { (loop, peer) async throws in
            let request = ClientRequest.get(from: peer)
            try await loop.run { (loop) async throws in
                let incoming = try await loop.client.open(request, timeouts: .test)
                #expect(try await incoming.next() == Array("data: x\n\n".utf8))
                #expect(try await incoming.next() == nil)
                #expect(try await incoming.next() == nil)
            }
        }
    }

    @Test("a large download comes in pieces that make up the whole")
    func download() async throws {
        let image = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 11) }
        try await ClientLoop.with(peer: [{ peer in
            try peer.readHead()
            try peer.send("HTTP/1.1 200 OK\r\nContent-Length: \(image.count)\r\n\r\n")
            try peer.send(image)
            try peer.expectEnd()
        }]) { (loop, peer) async throws in
            let request = ClientRequest.get(from: peer)
            let (text, largest) = try await loop.run { (loop) async throws -> ([UInt8], Int) in
                let incoming = try await loop.client.open(request, timeouts: .test, maximumBodyBytes: image.count)
                #expect(incoming.announcedBytes == image.count)
                var encoder = Base64Encoder()
                var text: [UInt8] = []
                var largest = 0
                while let piece = try await incoming.next() {
                    largest = max(largest, piece.count)
                    encoder.encode(piece, into: &text)
                }
                encoder.finish(into: &text)
                #expect(loop.client.connections(to: request.url.origin).idle == 1)
                return (text, largest)
            }
            #expect(try Base64.decode(text) == image)
            #expect(largest <= Reactor.scratchBytes)
        }
    }

    @Test("a silence between two pieces is bounded, the stream as a whole is not")
    func idle() async throws {
        let next = Signal()
        try await ClientLoop.with(peer: [{ peer in
            try peer.readHead()
            try peer.send("HTTP/1.1 200 OK\r\n\r\n:\n")
            try next.waitBlocking()
            try peer.send(":\n")
            try peer.expectEnd()
        }]) { (loop, peer) async throws in
            let request = ClientRequest.get(from: peer)
            var timeouts = ClientTimeouts.test
            timeouts.idle = .seconds(1)
            let idle = timeouts
            let error = try await loop.run { (loop) async throws -> ClientError? in
                let incoming = try await loop.client.open(request, timeouts: idle)
                #expect(try await incoming.next() == Array(":\n".utf8))
                next.fire()
                #expect(try await incoming.next() == Array(":\n".utf8))
                return await #expect(throws: ClientError.self) { try await incoming.next() }
            }
            #expect(error == .after(.body, .io(.timedOut), status: 200))
        }
    }

    @Test("the whole ends a stream that is never silent")
    func whole() async throws {
        let sent = Signal()
        try await ClientLoop.with(peer: [{ peer in
            try peer.readHead()
            try peer.send("HTTP/1.1 200 OK\r\n\r\n")
            try peer.send([UInt8](repeating: 120, count: 400_000))
            sent.fire()
            _ = try peer.readToEnd()
        }]) { (loop, peer) async throws in
            let request = ClientRequest.get(from: peer)
            let error = try await loop.run { (loop) async throws -> ClientError? in
                var timeouts = ClientTimeouts.test
                timeouts.whole = .after(.seconds(1))
                let incoming = try await loop.client.open(request, timeouts: timeouts)
                await sent.wait()
                _ = try await incoming.next()
                try await loop.reactor.sleep(until: timeouts.whole)
                return await #expect(throws: ClientError.self) { try await incoming.next() }
            }
            #expect(error == .after(.body, .io(.timedOut), status: 200))
        }
    }

    @Test("an announced length is no reason to reserve as much")
    func boast() async throws {
        try await ClientLoop.with(peer: [{ peer in
            try peer.readHead()
            try peer.send("HTTP/1.1 200 OK\r\nContent-Length: \(Int.max)\r\n\r\nx")
        }]) { (loop, peer) async throws in
            let error = try await loop.failure(.get(from: peer), maximumBodyBytes: .max)
            #expect(error == .after(.body, .endedEarly, status: 200))
        }
    }

    @Test("a download that announces too much is refused before it is read")
    func announced() async throws {
        try await ClientLoop.with(peer: [{ peer in
            try peer.readHead()
            try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n")
            try peer.expectEnd()
        }]) { (loop, peer) async throws in
            let request = ClientRequest.get(from: peer)
            let error = try await loop.run { (loop) async throws -> ClientError? in
                await #expect(throws: ClientError.self) {
                    _ = try await loop.client.open(request, timeouts: .test, maximumBodyBytes: 10)
                }
            }
            #expect(error == .after(.limit, .bodyTooLarge(limit: 10), status: 200))
        }
    }
}
