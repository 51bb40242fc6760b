import JSON
import Testing

@testable import FalSimulator

@Suite("Scripting and asking from another process") struct ScriptingTests {
    @Test("a key that reaches the CDN is refused and recorded as a violation")
    func violation() async throws {
        let fal = try Running()
        let result = try await fal.get(fal.submit().path).json
        let url = try #require(result["images"]?[0]?["url"]?.stringValue)
        let path = String(url.dropFirst("http://\(fal.address)".count))
        #expect(try await fal.get("/_simulator/violations").json["violations"] == [])
        #expect(try await fal.get(path).status == 403)
        let violations = try await fal.get("/_simulator/violations").json["violations"]
        #expect(violations?[0]?["kind"] == "authorization_at_cdn")
        #expect(try await fal.get("/_simulator/stats").json["violations"] == 1)
        #expect(try await fal.send("GET", path, fields: []).status == 200)
        #expect(try await fal.send("GET", path + "x", fields: []).status == 404)
        #expect(try await fal.send("HEAD", path, fields: []).body.isEmpty)
    }

    @Test("every request is recorded with headers, body, time and answer")
    func recording() async throws {
        let fal = try Running()
        let (id, _, _) = try await fal.submit("fal-ai/flux/dev", #"{"prompt":"twice"}"#)
        _ = try await fal.submit("fal-ai/flux/dev", #"{"prompt":"twice"}"#)
        _ = try await fal.submit("fal-ai/flux/dev", "\"not an object\"")
        let answer = try await fal.get("/_simulator/requests?route=submit").json
        let requests = answer["requests"]?.arrayValue ?? []
        #expect(requests.count == 3)
        #expect(requests[0]["n"] == 1)
        #expect(requests[0]["method"] == "POST")
        #expect(requests[0]["target"] == "/fal-ai/flux/dev")
        #expect(requests[0]["headers"]?["authorization"] == "Key id:secret")
        #expect(requests[0]["body"] == ["prompt": "twice"])
        #expect(requests[0]["request_id"]?.stringValue == id)
        #expect(requests[0]["status"] == 200)
        #expect(requests[0]["body_hash"] == requests[1]["body_hash"])
        #expect(requests[0]["body_hash"] != requests[2]["body_hash"])
        #expect(try await fal.get("/_simulator/requests?after=1&limit=1").json["requests"]?[0]?["n"] == 3)
        #expect(try await fal.get("/_simulator/stats").json["requests"]?["submit"] == 3)
    }

    @Test("the log is bounded, the counts are not")
    func bounded() async throws {
        let fal = try Running { $0.keptRequests = 2 }
        for _ in 0..<5 { _ = try await fal.submit() }
        let answer = try await fal.get("/_simulator/requests").json
        #expect(answer["requests"]?.arrayValue?.map { $0["n"]?.intValue } == [4, 5])
        #expect(answer["dropped"] == 3)
        #expect(try await fal.get("/_simulator/stats").json["requests"]?["submit"] == 5)
    }

    @Test("a failing submit leaves a job behind only when the plan says so")
    func lostAnswer() async throws {
        let fal = try Running()
        _ = try await fal.post(
            "/_simulator/plan",
            """
            {"faults": [{"on": "submit", "nth": 1, "answer": "nginx_502"},
                        {"on": "submit", "nth": 2, "answer": "nginx_502", "accepts": true},
                        {"on": "submit", "nth": 3, "transport": "drop", "accepts": true},
                        {"on": "submit", "nth": 4, "answer": "queue_full"},
                        {"on": "submit", "nth": 5, "transport": {"pieces": 1}}]}
            """)
        let first = try await fal.submit().reply
        #expect(first.status == 502)
        #expect(first["Content-Type"] == "text/html")
        #expect(first["x-fal-request-id"] == nil)
        #expect(try await fal.get("/_simulator/bills").json["total"]?["requests"] == 0)
        #expect(try await fal.submit().reply.status == 502)
        #expect(try await fal.submit().reply.body.isEmpty)
        #expect(try await fal.submit().reply.status == 429)
        #expect(try await fal.get("/_simulator/bills").json["total"]?["billed"] == 2)
        #expect(try await fal.submit().reply.json["status"] == "IN_QUEUE")
        #expect(try await fal.get("/_simulator/bills").json["total"]?["billed"] == 3)
    }

    @Test("an answer can be changed, cut, slowed and replaced")
    func faults() async throws {
        let fal = try Running()
        _ = try await fal.post(
            "/_simulator/plan",
            """
            {"faults": [{"on": "status", "nth": 1, "status": 500},
                        {"on": "status", "nth": 2, "merge": {"status": "THINKING"}, "remove": ["logs"]},
                        {"on": "result", "nth": 1, "answer": "still_in_progress"},
                        {"on": "result", "nth": 2, "transport": {"truncate": 20}},
                        {"on": "result", "nth": 3, "transport": {"pieces": 7}},
                        {"on": "result", "nth": 4, "body": "not json", "content_type": "text/plain"}]}
            """)
        let path = try await fal.submit().path
        #expect(try await fal.get("\(path)/status").status == 500)
        let strange = try await fal.get("\(path)/status").json
        #expect(strange["status"] == "THINKING")
        #expect(strange["logs"] == nil)
        #expect(try await fal.get("\(path)/status").json["status"] == "COMPLETED")
        #expect(try await fal.get(path).status == 400)
        let cut = try await fal.get(path)
        #expect(cut.json == .null)
        #expect(try await fal.get(path).json["images"] != nil)
        let text = try await fal.get(path)
        #expect(text.text == "not json")
        #expect(text["Content-Type"] == "text/plain")
        #expect(try await fal.get(path).status == 200)
    }

    @Test("pictures can be lied about, lost and made huge")
    func pictures() async throws {
        let fal = try Running()
        _ = try await fal.post(
            "/_simulator/plan",
            """
            {"output": {"padding": 3000000, "width": 100, "height": 50, "format": "png", "content_type": "text/html"},
             "billing": {"header": "missing"},
             "faults": [{"on": "image", "nth": 1, "status": 404, "body": "gone"},
                        {"on": "image", "nth": 2, "status": 302, "body": "", "headers": {"Location": "http://other.test/"}}]}
            """)
        let result = try await fal.get(fal.submit().path)
        #expect(result["X-Fal-Billable-Units"] == nil)
        let url = try #require(result.json["images"]?[0]?["url"]?.stringValue)
        let path = String(url.dropFirst("http://\(fal.address)".count))
        #expect(try await fal.send("GET", path, fields: []).status == 404)
        #expect(try await fal.send("GET", path, fields: [])["Location"] == "http://other.test/")
        let file = try await fal.send("GET", path, fields: [])
        #expect(file["Content-Type"] == "text/html")
        #expect(file.body.count > 3_000_000)
        let chunks = try #require(PNGReader.chunks(of: file.body))
        #expect(PNGReader.dimensions(in: chunks[0].contents) == [100, 50])
    }

    @Test("time can be stopped and moved")
    func clock() async throws {
        let fal = try Running { $0.latency = .fixed(queue: .seconds(10), run: .seconds(100)) }
        _ = try await fal.post("/_simulator/clock", #"{"advance": 0}"#)
        let path = try await fal.submit().path
        var events = Events(try await fal.open("GET", "\(path)/status/stream"))
        #expect(try await events.next()["status"] == "IN_QUEUE")
        _ = try await fal.post("/_simulator/clock", #"{"advance": 10}"#)
        #expect(try await events.next()["status"] == "IN_PROGRESS")
        _ = try await fal.post("/_simulator/clock", #"{"advance": 99.9}"#)
        #expect(try await fal.get("\(path)/status").json["status"] == "IN_PROGRESS")
        _ = try await fal.post("/_simulator/clock", #"{"advance": 0.1}"#)
        #expect(try await events.next()["metrics"]?["inference_time"] == 100.0)
    }

    @Test("keys can be changed while jobs run, and bills are kept by key and endpoint")
    func keysAndBills() async throws {
        let fal = try Running()
        _ = try await fal.submit("fal-ai/flux/dev", key: "a:1")
        _ = try await fal.submit("fal-ai/flux/dev", #"{"prompt":"x","image_size":{"width":2048,"height":2048}}"#, key: "b:2")
        _ = try await fal.post("/_simulator/keys", #"{"key": "a:1", "state": "locked"}"#)
        #expect(try await fal.submit(key: "a:1").reply.status == 403)
        let bills = try await fal.get("/_simulator/bills").json
        #expect(bills["by_key"]?["a:1"]?["amount"] == "0.025")
        #expect(bills["by_key"]?["b:2"]?["amount"] == "0.1")
        #expect(bills["by_endpoint"]?["fal-ai/flux/dev"]?["amount"] == "0.125")
        #expect(try await fal.get("/_simulator/bills?key=b:2").json["sum"]?["requests"] == 1)
    }

    @Test("reset forgets everything but how it was started")
    func reset() async throws {
        let fal = try Running { $0.keys = [.init("lo:cked", state: .locked)] }
        _ = try await fal.post("/_simulator/plan", #"{"queue": "hold"}"#)
        let path = try await fal.submit().path
        _ = try await fal.post("/_simulator/reset", "")
        #expect(try await fal.get("\(path)/status").status == 404)
        #expect(try await fal.get("/_simulator/plan").json["rules"] == [])
        #expect(try await fal.get("/_simulator/stats").json["requests"] == ["status": 1])
        #expect(try await fal.submit(key: "lo:cked").reply.status == 403)
    }

    @Test("a script with a mistake is refused and changes nothing")
    func mistakes() async throws {
        let fal = try Running()
        let reply = try await fal.post("/_simulator/plan", #"{"rules": [{"outcom": "ok"}]}"#)
        #expect(reply.status == 400)
        #expect(reply.json["error"] == "rules[0].outcom: is not known here")
        #expect(try await fal.post("/_simulator/plan", "{").status == 400)
        #expect(try await fal.get("/_simulator/plan").json["rules"] == [])
        #expect(try await fal.get("/_simulator").text.hasPrefix("falgate simulate"))
    }
}
