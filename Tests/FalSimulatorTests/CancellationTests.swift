import JSON
import Testing

@testable import FalSimulator

@Suite("Cancelling") struct CancellationTests {
    @Test("in the queue: 202, gone, and not billed")
    func queued() async throws {
        let fal = try Running()
        _ = try await fal.post("/_simulator/plan", #"{"queue": "hold"}"#)
        let (id, path, _) = try await fal.submit()
        let cancelled = try await fal.send("PUT", "\(path)/cancel")
        #expect(cancelled.status == 202)
        #expect(cancelled.text == #"{"status":"CANCELLATION_REQUESTED"}"#)
        for address in ["\(path)/status", path] {
            let reply = try await fal.get(address)
            #expect(reply.status == 404)
            #expect(reply.text == #"{"status":"NOT_FOUND"}"#)
        }
        #expect(try await fal.send("PUT", "\(path)/cancel").status == 404)
        let bill = try await fal.get("/_simulator/bills?request_id=\(id)").json["bills"]?[0]
        #expect(bill?["cause"] == "cancelled")
        #expect(bill?["amount_nanodollars"] == 0)
    }

    @Test("in progress: 202, and it goes on and is billed")
    func running() async throws {
        let fal = try Running()
        _ = try await fal.post("/_simulator/plan", #"{"run": "hold"}"#)
        let (_, path, _) = try await fal.submit()
        #expect(try await fal.send("PUT", "\(path)/cancel").status == 202)
        #expect(try await fal.get("\(path)/status").json["status"] == "IN_PROGRESS")
        _ = try await fal.post("/_simulator/release", "{}")
        #expect(try await fal.get(path).status == 200)
        #expect(try await fal.get("/_simulator/bills").json["total"]?["amount_nanodollars"] == 25_000_000)
        let late = try await fal.send("PUT", "\(path)/cancel")
        #expect(late.status == 400)
        #expect(late.text == #"{"status":"ALREADY_COMPLETED"}"#)
    }

    @Test(
        "the variants that fal's papers contradict one another about",
        arguments: [
            (#"{"answer": "ok"}"#, 200, #"{"status":"OK"}"#), (#"{"answer": "success"}"#, 200, #"{"success":true}"#),
        ])
    func variants(plan: String, status: Int, body: String) async throws {
        let fal = try Running()
        _ = try await fal.post("/_simulator/plan", #"{"queue": "hold", "cancel": \#(plan)}"#)
        let reply = try await fal.send("PUT", "\(fal.submit().path)/cancel")
        #expect(reply.status == status)
        #expect(reply.text == body)
    }

    @Test("a cancelled job can end as COMPLETED with client_cancelled, and a running one can stop")
    func completed() async throws {
        let fal = try Running()
        for stage in ["queue", "run"] {
            _ = try await fal.send(
                "PUT", "/_simulator/plan",
                #"{"\#(stage)": "hold", "cancel": {"queued": "completed", "running": "stops"}}"#)
            let (_, path, _) = try await fal.submit()
            #expect(try await fal.send("PUT", "\(path)/cancel").status == 202)
            let status = try await fal.get("\(path)/status")
            #expect(status.status == 200)
            #expect(status.json["error_type"] == "client_cancelled")
            #expect(try await fal.get(path).status == 499)
        }
        #expect(try await fal.get("/_simulator/bills").json["total"]?["billed"] == 0)
    }

    @Test("the time of the PUT is recorded")
    func recorded() async throws {
        let fal = try Running()
        _ = try await fal.post("/_simulator/plan", #"{"queue": "hold"}"#)
        let (id, path, _) = try await fal.submit()
        _ = try await fal.send("PUT", "\(path)/cancel")
        #expect(try await fal.get("/_simulator/wait?route=cancel&count=1&seconds=1").status == 200)
        let requests = try await fal.get("/_simulator/requests?request_id=\(id)").json["requests"]?.arrayValue ?? []
        #expect(requests.map { $0["route"]?.stringValue } == ["submit", "cancel"])
        let times = requests.compactMap { $0["unix"]?.doubleValue }
        #expect(times.count == 2)
        #expect(times[0] <= times[1])
    }

    @Test("a start deadline that passes is a 504 of the caller's own making")
    func startDeadline() async throws {
        let fal = try Running()
        _ = try await fal.post("/_simulator/plan", #"{"queue": "hold"}"#)
        _ = try await fal.post("/_simulator/clock", #"{"advance": 0}"#)
        let fields = [Running.key, "X-Fal-Request-Timeout: 100", "X-Fal-Request-Start-Timeout: 5"]
        let submitted = try await fal.send("POST", "/fal-ai/flux/dev", #"{"prompt":"x"}"#, fields: fields)
        let id = try #require(submitted.json["request_id"]?.stringValue)
        let path = "/fal-ai/flux/requests/\(id)"
        #expect(try await fal.get("\(path)/status").status == 202)
        _ = try await fal.post("/_simulator/clock", #"{"advance": 6}"#)
        #expect(try await fal.get("\(path)/status").json["error_type"] == "request_timeout")
        let result = try await fal.get(path)
        #expect(result.status == 504)
        #expect(result["X-Fal-Request-Timeout-Type"] == "user")
    }
}
