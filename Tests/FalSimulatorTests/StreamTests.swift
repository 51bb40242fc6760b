import JSON
import Testing

@testable import FalSimulator

@Suite("Status streams") struct StreamTests {
    @Test("a stream tells every change as it happens and ends with COMPLETED")
    func changes() async throws {
        let fal = try Running { $0.runnersPerKey = 1 }
        _ = try await fal.post("/_simulator/plan", #"{"run": "hold"}"#)
        let first = try await fal.submit()
        let second = try await fal.submit()
        let stream = try await fal.open("GET", "\(second.path)/status/stream")
        var events = Events(stream)
        #expect(try await events.next()["queue_position"] == 0)
        _ = try await fal.post("/_simulator/release", #"{"request_id": "\#(first.id)"}"#)
        #expect(try await events.next()["status"] == "IN_PROGRESS")
        _ = try await fal.post("/_simulator/release", "{}")
        #expect(try await events.next()["status"] == "COMPLETED")
        #expect(await events.rest() == "")
        #expect(events.head.contains("Content-Type: text/event-stream"))
    }

    @Test("a stream by the clock needs nobody to ask")
    func byClock() async throws {
        let fal = try Running { $0.keepAlive = .seconds(3600) }
        _ = try await fal.post("/_simulator/plan", #"{"queue": 0.2, "position": 1, "run": 0.2}"#)
        let job = try await fal.submit()
        var events = Events(try await fal.open("GET", "\(job.path)/status/stream?logs=1"))
        var last = try await events.next()
        while last["status"] != "COMPLETED" { last = try await events.next() }
        #expect(last["logs"]?.arrayValue?.count == 5)
        #expect(try await fal.get("/_simulator/stats").json["requests"] == ["stream": 1, "submit": 1])
    }

    @Test("positions are told as the line moves")
    func positions() async throws {
        let fal = try Running { $0.runnersPerKey = 1 }
        _ = try await fal.post("/_simulator/plan", #"{"run": "hold"}"#)
        var jobs: [String] = []
        for _ in 0..<4 { jobs.append(try await fal.submit().path) }
        var events = Events(try await fal.open("GET", "\(jobs[3])/status/stream"))
        #expect(try await events.next()["queue_position"] == 2)
        #expect(try await fal.send("PUT", "\(jobs[1])/cancel").status == 202)
        #expect(try await events.next()["queue_position"] == 1)
        _ = try await fal.post("/_simulator/release", #"{"count": 1}"#)
        #expect(try await events.next()["queue_position"] == 0)
    }

    @Test("silence is broken by comments")
    func keepAlive() async throws {
        let fal = try Running { $0.keepAlive = .milliseconds(10) }
        _ = try await fal.post("/_simulator/plan", #"{"run": "hold"}"#)
        let job = try await fal.submit()
        var events = Events(try await fal.open("GET", "\(job.path)/status/stream"))
        #expect(try await events.next()["status"] == "IN_PROGRESS")
        #expect(await events.text(until: ": keep-alive\n\n: keep-alive\n\n") != nil)
    }

    @Test("planned in polls, a stream tells the states one after the other")
    func polls() async throws {
        let fal = try Running()
        _ = try await fal.post("/_simulator/plan", #"{"queue": {"polls": 2}, "run": {"polls": 1}}"#)
        var events = Events(try await fal.open("GET", "\(fal.submit().path)/status/stream"))
        var states: [String?] = []
        for _ in 0..<4 { states.append(try await events.next()["status"]?.stringValue) }
        #expect(states == ["IN_QUEUE", "IN_QUEUE", "IN_PROGRESS", "COMPLETED"])
    }

    @Test("a stream of a job that is removed just ends, as one cut by a fault does")
    func ends() async throws {
        let fal = try Running()
        _ = try await fal.post("/_simulator/plan", #"{"queue": "hold", "faults": [{"on": "stream", "nth": 2, "status": 500}]}"#)
        let job = try await fal.submit()
        var events = Events(try await fal.open("GET", "\(job.path)/status/stream"))
        #expect(try await events.next()["status"] == "IN_QUEUE")
        _ = try await fal.send("PUT", "\(job.path)/cancel")
        #expect(await events.rest() == "")
        #expect(try await fal.get("\(job.path)/status/stream").status == 500)
    }

    @Test("two hundred streams of one job all end with it, and nobody is left watching")
    func many() async throws {
        let fal = try Running()
        _ = try await fal.post("/_simulator/plan", #"{"run": "hold"}"#)
        let job = try await fal.submit()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    var events = Events(try await fal.open("GET", "\(job.path)/status/stream"))
                    while try await events.next()["status"] != "COMPLETED" {}
                }
            }
            _ = try await fal.get("/_simulator/wait?route=stream&count=200")
            _ = try await fal.post("/_simulator/release", "{}")
            try await group.waitForAll()
        }
        #expect(try await fal.get("/_simulator/stats").json["watchers"] == 0)
    }

    @Test("the synchronous host answers with the result, and 429 when all runners are busy")
    func run() async throws {
        let fal = try Running { $0.runnersPerKey = 1 }
        let result = try await fal.post("/fal.run/fal-ai/flux/dev", #"{"prompt":"x"}"#)
        #expect(result.status == 200)
        #expect(result.json["images"]?[0]?["width"] == 1024)
        #expect(result["X-Fal-Billable-Units"] == "1")
        _ = try await fal.post("/_simulator/plan", #"{"run": "hold"}"#)
        async let held = fal.post("/fal.run/fal-ai/flux/dev", #"{"prompt":"x"}"#)
        _ = try await fal.get("/_simulator/wait?route=run&count=2")
        let refused = try await fal.post("/fal.run/fal-ai/flux/dev", #"{"prompt":"x"}"#)
        #expect(refused.status == 429)
        #expect(refused.json["error_type"] == "concurrent_requests_limit")
        _ = try await fal.post("/_simulator/release", "{}")
        #expect(try await held.status == 200)
    }
}

/// Reads server-sent events off a chunked answer as they come.
struct Events {
    private var chunks: AsyncStream<[UInt8]>.AsyncIterator
    private(set) var head = ""
    private var raw: [UInt8] = []
    private var buffer = ""

    struct Ended: Error {}

    init(_ stream: AsyncStream<[UInt8]>) { chunks = stream.makeAsyncIterator() }

    /// The data of the next event; comments are passed over.
    mutating func next() async throws -> JSONValue {
        while true {
            guard let block = await text(until: "\n\n") else { throw Ended() }
            if block.hasPrefix("data: ") { return try JSON.parse(String(block.dropFirst(6).dropLast(2))) }
        }
    }

    /// Everything up to `mark` and with it; nil when the stream ends before.
    mutating func text(until mark: String) async -> String? {
        while true {
            if let range = buffer.firstRange(of: mark) {
                defer { buffer = String(buffer[range.upperBound...]) }
                return String(buffer[..<range.upperBound])
            }
            guard await fill() else { return nil }
        }
    }

    /// What comes until the stream ends.
    mutating func rest() async -> String {
        while await fill() {}
        return buffer
    }

    private mutating func fill() async -> Bool {
        guard let bytes = await chunks.next(isolation: #isolation) else { return false }
        raw += bytes
        if head.isEmpty, let end = raw.firstRange(of: Array("\r\n\r\n".utf8)) {
            head = String(decoding: raw[..<end.lowerBound], as: UTF8.self)
            raw.removeFirst(end.upperBound)
        }
        guard !head.isEmpty else { return true }
        while let line = raw.firstRange(of: [13, 10]),
            let size = Int(String(decoding: raw[..<line.lowerBound], as: UTF8.self), radix: 16),
            raw.count >= line.upperBound + size + 2
        {
            buffer += String(decoding: raw[line.upperBound..<line.upperBound + size], as: UTF8.self)
            raw.removeFirst(line.upperBound + size + 2)
        }
        return true
    }
}
