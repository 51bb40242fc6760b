import JSON
import Testing

@testable import FalSimulator

@Suite("The queue's routes") struct QueueRouteTests {
    @Test("a job goes through fal's states with fal's codes, and its picture can be fetched")
    func journey() async throws {
        let fal = try Running()
        _ = try await fal.post("/_simulator/plan", #"{"queue": {"polls": 2}, "run": {"polls": 1}}"#)
        let (id, path, submitted) = try await fal.submit(
            "fal-ai/flux/dev", #"{"prompt":"a cat","num_images":2,"image_size":"square","seed":7}"#)
        #expect(submitted.status == 200)
        #expect(submitted["x-fal-request-id"] == id)
        #expect(path == "/fal-ai/flux/requests/\(id)")
        let base = "http://\(fal.address)\(path)"
        #expect(
            submitted.text
                == """
                {"status":"IN_QUEUE","request_id":"\(id)","response_url":"\(base)","status_url":"\(base)/status",\
                "cancel_url":"\(base)/cancel","logs":null,"metrics":{},"queue_position":2}
                """)
        let addresses = #""response_url":"\#(base)","status_url":"\#(base)/status","cancel_url":"\#(base)/cancel""#
        for position in [1, 0] {
            let queued = try await fal.get("\(path)/status")
            #expect(queued.status == 202)
            #expect(
                queued.text
                    == #"{"status":"IN_QUEUE","request_id":"\#(id)",\#(addresses),"logs":null,"metrics":{},"queue_position":\#(position)}"#)
        }
        let early = try await fal.get(path)
        #expect(early.status == 400)
        #expect(early.json["detail"] == "Request is still in progress")
        let running = try await fal.get("\(path)/status/?logs=1")
        #expect(running.status == 202)
        #expect(running.json["status"] == "IN_PROGRESS")
        #expect(running.json["queue_position"] == nil)
        #expect(running.json["logs"]?[0]?["level"] == "INFO")
        let done = try await fal.get("\(path)/status")
        #expect(done.status == 200)
        #expect(done.json["status"] == "COMPLETED")
        #expect(done.json["metrics"]?["inference_time"]?.doubleValue ?? -1 >= 0)
        #expect(done.json["error"] == nil)

        for form in [path, "\(path)/", "\(path)/response", "/fal-ai/flux/dev/requests/\(id)", "/queue.fal.run\(path)"] {
            let result = try await fal.get(form)
            #expect(result.status == 200, "\(form)")
            #expect(result["X-Fal-Billable-Units"] == "2")
            #expect(result.json["seed"] == 7)
            #expect(result.json["prompt"] == "a cat")
            #expect(result.json["has_nsfw_concepts"] == [false, false])
            #expect(result.json["images"]?.arrayValue?.count == 2)
        }
        let image = try #require(try await fal.get(path).json["images"]?[1])
        #expect(image["width"] == 512)
        let url = try #require(image["url"]?.stringValue)
        let file = try await fal.send("GET", String(url.dropFirst("http://\(fal.address)".count)), fields: [])
        #expect(file.status == 200)
        #expect(file["Content-Type"] == "image/jpeg")
        #expect(JPEGReader.segments(of: file.body) != nil)

        let bills = try await fal.get("/_simulator/bills?request_id=\(id)").json
        #expect(bills["bills"]?[0]?["amount"] == "0.05")
        #expect(bills["sum"]?["amount_nanodollars"] == 50_000_000)
    }

    @Test("sync_mode puts the picture into the answer, where the model has it")
    func dataURI() async throws {
        let fal = try Running()
        let body = #"{"prompt":"x","sync_mode":true,"output_format":"png"}"#
        let inline = try await fal.get(fal.submit("fal-ai/imagen4/preview", body).path).json
        let url = try #require(inline["images"]?[0]?["url"]?.stringValue)
        #expect(url.hasPrefix("data:image/png;base64,iVBORw0KGgo"))
        #expect(inline["images"]?[0]?["width"] == JSONValue.null)
        let hosted = try await fal.get(fal.submit("fal-ai/recraft/v3/text-to-image", body).path).json
        #expect(hosted["images"]?[0]?["url"]?.stringValue?.hasSuffix(".webp") == true)
        #expect(hosted["images"]?[0]?["width"] == nil)
        let single = try await fal.get(fal.submit("bria/text-to-image/3.2", #"{"prompt":"x"}"#).path).json
        #expect(single["image"]?["url"] != nil)
        #expect(single["images"] == nil)
    }

    @Test("an invalid input is a completed job whose result is 422 and costs nothing")
    func invalid() async throws {
        let fal = try Running()
        let (id, path, submitted) = try await fal.submit("fal-ai/flux/dev", #"{"num_images":9}"#)
        #expect(submitted.status == 200)
        let status = try await fal.get("\(path)/status")
        #expect(status.status == 200)
        #expect(status.json["status"] == "COMPLETED")
        #expect(status.json["error"] == "Invalid status code: 422")
        let result = try await fal.get(path)
        #expect(result.status == 422)
        #expect(result["x-fal-billable-units"] == "0")
        #expect(result["x-fal-request-id"] == id)
        let types = result.json["detail"]?.arrayValue?.map { $0["type"]?.stringValue }
        #expect(types == ["missing", "less_than_equal"])
        let broken = try await fal.get(fal.submit("fal-ai/flux/dev", "{").path)
        #expect(broken.status == 422)
    }

    @Test("a planned failure shows its code, type and header")
    func failure() async throws {
        let fal = try Running()
        _ = try await fal.post("/_simulator/plan", #"{"outcome": {"error": "runner_scheduling_failure"}}"#)
        let (_, path, _) = try await fal.submit()
        let status = try await fal.get("\(path)/status").json
        #expect(status["error_type"] == "runner_scheduling_failure")
        let result = try await fal.get(path)
        #expect(result.status == 503)
        #expect(result["X-Fal-Error-Type"] == "runner_scheduling_failure")
        #expect(result.json["error_type"] == "runner_scheduling_failure")
        #expect(try await fal.get("/_simulator/bills").json["total"]?["amount_nanodollars"] == 0)
    }

    @Test("a black picture is a success that says so")
    func black() async throws {
        let fal = try Running()
        _ = try await fal.post("/_simulator/plan", #"{"outcome": "black"}"#)
        let result = try await fal.get(fal.submit().path)
        #expect(result.status == 200)
        #expect(result.json["has_nsfw_concepts"] == [true])
    }

    @Test(
        "keys get what fal says of them",
        arguments: [
            ("", 401, #"Cannot access application "fal-ai/flux""#),
            ("Authorization: Basic abc", 401, "Invalid Key Authorization header format. Expected '<key_id>:<key_secret>'."),
            ("Authorization: Key nocolon", 401, "Invalid Key Authorization header format. Expected '<key_id>:<key_secret>'."),
            ("Authorization: Key un:known", 401, "No user found for Key ID and Secret"),
            ("Authorization: Key in:valid", 401, "invalid key credentials"),
            (
                "Authorization: Key lo:cked", 403,
                "User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing."
            ),
            ("Authorization: Key shut:out", 403, #"Cannot access application "fal-ai/flux""#),
            ("Authorization: Key stran:ger", 401, "No user found for Key ID and Secret"),
        ])
    func keys(field: String, status: Int, detail: String) async throws {
        let fal = try Running { options in
            options.otherKeys = .refused
            options.keys = [
                .init("un:known", state: .unknown), .init("in:valid", state: .invalid),
                .init("lo:cked", state: .locked), .init("shut:out", state: .shutOut),
            ]
        }
        let fields = field.isEmpty ? [] : [field]
        let reply = try await fal.send("POST", "/fal-ai/flux/dev", #"{"prompt":"x"}"#, fields: fields)
        #expect(reply.status == status)
        #expect(reply.json["detail"]?.stringValue == detail)
        #expect(reply["x-fal-request-id"] != nil)
    }

    @Test("the free probe tells a good key from a bad one and starts nothing")
    func probe() async throws {
        let fal = try Running { $0.keys = [.init("un:known", state: .unknown)] }
        let path = "/fal-ai/flux/requests/0d0be1ac-0000-4000-8000-000000000000/status"
        let good = try await fal.get(path)
        #expect(good.status == 404)
        #expect(good.text == #"{"status":"NOT_FOUND"}"#)
        #expect(try await fal.send("GET", path, fields: []).status == 404)
        #expect(try await fal.send("GET", path, fields: ["Authorization: Key un:known"]).status == 401)
        #expect(try await fal.send("GET", path, fields: ["Authorization: Key x"]).status == 401)
        #expect(try await fal.get("/_simulator/stats").json["jobs"] == [:])
    }

    @Test("an account locked now and then is locked on every third submit")
    func flakyLock() async throws {
        let fal = try Running { $0.keys = [.init("id:secret", state: .lockedOnEvery(3))] }
        var statuses: [Int] = []
        for _ in 0..<6 { statuses.append(try await fal.submit().reply.status) }
        #expect(statuses == [200, 200, 403, 200, 200, 403])
    }

    @Test("jobs of another key, of another application and of nobody are not found")
    func strangers() async throws {
        let fal = try Running()
        let (id, path, _) = try await fal.submit()
        #expect(try await fal.send("GET", "\(path)/status", fields: ["Authorization: Key o:ther"]).status == 404)
        #expect(try await fal.get("/fal-ai/imagen4/requests/\(id)/status").status == 404)
        #expect(try await fal.send("GET", "\(path)/status", fields: []).status == 401)
    }

    @Test("wrong methods are 405, unknown applications 404")
    func wrongAddresses() async throws {
        let fal = try Running()
        for (method, path, allow) in [
            ("GET", "/fal-ai/flux/dev", "POST"), ("PUT", "/fal-ai/flux/dev", "POST"),
            ("POST", "/fal-ai/flux/requests/x/status", "GET, HEAD"), ("POST", "/fal-ai/flux/requests/x/cancel", "PUT"),
        ] {
            let reply = try await fal.send(method, path)
            #expect(reply.status == 405)
            #expect(reply["Allow"] == allow)
            #expect(reply.json["detail"] == "Method Not Allowed")
        }
        #expect(try await fal.post("/lonely", "{}").status == 404)
        _ = try await fal.send(
            "PUT", "/_simulator/plan",
            #"[{"match":{"endpoint":"fal-ai/h3-max"},"application":"missing"},{"match":{"endpoint":"fal-ai/flux/x"},"application":"no_such_path"}]"#)
        #expect(try await fal.post("/fal-ai/h3-max", "{}").json["detail"] == #"Application "h3-max" not found"#)
        #expect(try await fal.post("/fal-ai/flux/x", "{}").json["detail"] == "Path /x not found")
    }

    @Test("ids and addresses can be as strange as planned")
    func strangeAddresses() async throws {
        let fal = try Running()
        func submit(_ plan: String) async throws -> JSONValue {
            _ = try await fal.send("PUT", "/_simulator/plan", plan)
            return try await fal.submit().reply.json
        }
        let first = try await submit("{}")
        #expect(try await submit(#"{"request_id": "duplicate"}"#)["request_id"] == first["request_id"])
        let unusual = try await submit(#"{"request_id": "unusual", "urls": "full"}"#)
        let url = try #require(unusual["status_url"]?.stringValue)
        #expect(url.contains("/fal-ai/flux/dev/requests/"))
        #expect(unusual["request_id"]?.stringValue?.hasSuffix(" /?#%&ü") == true)
        #expect(try await fal.get(String(url.dropFirst("http://\(fal.address)".count))).status == 200)
        #expect(try await submit(#"{"urls": "missing"}"#)["status_url"] == nil)
        #expect(try await submit(#"{"urls": "null"}"#)["status_url"] == JSONValue.null)
        #expect(try await submit(#"{"urls": "relative"}"#)["status_url"]?.stringValue?.hasPrefix("/fal-ai/flux/requests/") == true)
        #expect(try await submit(#"{"urls": {"origin": "http://evil.test"}}"#)["cancel_url"]?.stringValue?.hasPrefix("http://evil.test/") == true)
        #expect(try await submit(#"{"urls": "response"}"#)["response_url"]?.stringValue?.hasSuffix("/response") == true)
    }
}
