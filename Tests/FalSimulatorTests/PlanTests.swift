import JSON
import Testing

@testable import FalSimulator

@Suite("Plans") struct PlanTests {
    @Test("the first rule that fits decides, for as often as it says")
    func firstThatFits() throws {
        var plan = Plan()
        plan.rules = try rules(
            """
            [{"match": {"endpoint": "a/b", "prompt": "storm"}, "times": 2, "position": 1},
             {"match": {"key": "k:s"}, "position": 2},
             {"match": {"endpoint": "*"}, "position": 3}]
            """)
        func meet(_ endpoint: String, _ prompt: String, _ key: String = "x:y") -> [Int] {
            let (behaviour, visit) = plan.behaviour(for: Submission(endpoint: endpoint, prompt: prompt, key: key))
            return [behaviour.value.position, visit]
        }
        #expect(meet("a/b", "a storm at sea") == [1, 1])
        #expect(meet("a/b", "calm") == [3, 1])
        #expect(meet("a/b", "storm", "k:s") == [1, 2])
        #expect(meet("a/b", "storm", "k:s") == [2, 1])
        #expect(meet("c/d", "storm") == [3, 2])
        plan.rules = []
        #expect(meet("a/b", "storm") == [0, 1])
    }

    @Test("times are seconds, ranges, polls or held")
    func stays() throws {
        let stays = ["0.25", "[1]", #"{"seconds": [2, 1]}"#, #"{"polls": 3}"#, #""hold""#, #""usual""#].map { text in
            try? rules(#"{"queue": \#(text)}"#)[0].behaviour.value.queue
        }
        #expect(
            stays == [
                .time(.milliseconds(250) ... .milliseconds(250)), nil, .time(.seconds(1) ... .seconds(2)), .polls(3),
                .held, .usual,
            ])
    }

    @Test("an outcome is a success, a black picture or a failure in one of fal's forms")
    func outcomes() throws {
        func failure(_ text: String) throws -> Failure {
            guard case .failure(let failure) = try rules(#"{"outcome": \#(text)}"#)[0].behaviour.value.outcome else {
                throw ScriptError(path: text, problem: "no failure")
            }
            return failure
        }
        #expect(try rules(#"{"outcome": "black"}"#)[0].behaviour.value.outcome == .black)
        let timeout = try failure(#"{"error": "request_timeout"}"#)
        #expect(timeout.status == 504)
        #expect(timeout.errorType == "request_timeout")
        #expect(timeout.fields.map(\.name) == ["X-Fal-Error-Type", "X-Fal-Needs-Retry"])
        let policy = try failure(#"{"error": "content_policy_violation", "entries": 3, "units": "0.5", "silent": true}"#)
        #expect(policy.status == 422)
        #expect(policy.isSilent)
        #expect(policy.units.decimal == "0.5")
        guard case .json(let body) = policy.body else { throw ScriptError(path: "body", problem: "no JSON") }
        #expect(body["detail"]?.arrayValue?.count == 3)
        #expect(body["detail"]?[0]?["type"] == "content_policy_violation")
        let text = try failure(#"{"error": "image_too_small", "form": "text"}"#)
        #expect(text.body == .json(["detail": "Simulated: image_too_small"]))
        let page = try failure(#"{"status": 502, "body": "<html>", "content_type": "text/html"}"#)
        #expect(page.body == .text("<html>"))
        #expect(page.contentType == "text/html")
    }

    @Test("every failure that fal names has its status")
    func named() {
        let expected = [
            "request_timeout": 504, "startup_timeout": 504, "runner_scheduling_failure": 503,
            "runner_incomplete_response": 502, "runner_server_error": 500, "client_cancelled": 499, "bad_request": 400,
            "internal_server_error": 500, "generation_timeout": 504, "downstream_service_error": 400,
            "no_media_generated": 422, "one_of": 422, "anything_new": 422,
        ]
        for (name, status) in expected { #expect(Failure.named(name).status == status, "\(name)") }
    }

    @Test("a fault meets the visits it is planned for")
    func faults() throws {
        let behaviour = try rules(
            """
            {"faults": [{"on": "status", "nth": 2, "answer": "nginx_502"},
                        {"on": "status", "nth": 4, "count": 2, "status": 500},
                        {"on": "result", "count": "all", "merge": {"images": []}}]}
            """)[0].behaviour.value
        let statuses = (1...6).map { behaviour.fault(on: .status, visit: $0)?.status }
        #expect(statuses == [nil, 502, nil, 500, 500, nil])
        #expect(behaviour.fault(on: .result, visit: 99)?.merge == ["images": []])
        #expect(behaviour.fault(on: .cancel, visit: 1) == nil)
    }

    @Test(
        "a script that says something unknown is refused with the place",
        arguments: [
            (#"{"rules": [{"queu": 1}]}"#, "rules[0].queu: is not known here"),
            (#"[{}, {"outcome": {"eror": "x"}}]"#, "rules[1].outcome.eror: is not known here"),
            (#"{"faults": [{"on": "statis"}]}"#, "rule.faults[0].on: expected one of submit, status, stream, result, cancel, image, run"),
            (#"{"faults": [{"status": 500}]}"#, "rule.faults[0].on: is missing"),
            (#"{"run": -1}"#, "rule.run: expected seconds from 0"),
            (#"{"times": "two"}"#, "rule.times: expected a whole number from 0"),
            (#"{"billing": {"units": "1.1234567"}}"#, "rule.billing.units: expected a decimal with at most six places"),
            ("7", "rule: expected an object"),
        ])
    func refused(script: String, expected: String) throws {
        let script = try JSON.parse(script)
        let error = #expect(throws: ScriptError.self) { try Plan.rules(from: script) }
        #expect(error?.description == expected)
    }

    @Test("a whole rule is read")
    func whole() throws {
        let rule = try rules(
            """
            {"match": {"endpoint": "fal-ai/flux/dev"}, "times": 1, "queue": 1, "run": {"polls": 2}, "position": 3,
             "requeue": 1, "output": {"images": 2, "width": 8, "height": 9, "format": "webp", "padding": 100,
             "sync_mode": "ignored", "content_type": "text/html", "image_origin": "http://x", "merge": {"a": 1},
             "remove": ["seed"]}, "billing": {"units": 0.5, "header": "missing"},
             "cancel": {"queued": "completed", "running": "stops", "answer": "ok"}, "request_id": "unusual",
             "urls": {"origin": "http://evil.test"}, "application": "no_such_path", "validation": "off",
             "faults": [{"on": "image", "transport": {"stall": 5, "seconds": 1}, "delay": 0.5}]}
            """)[0]
        let behaviour = rule.behaviour.value
        #expect(behaviour.output.images == 2)
        #expect(behaviour.output.format == .webp)
        #expect(behaviour.billing == BillingPlan(units: Units(decimal: "0.5"), header: .missing))
        #expect(behaviour.cancellation == CancellationPlan(queued: .completed, running: .stops, answer: .ok))
        #expect(behaviour.addresses == .foreign(origin: "http://evil.test"))
        #expect(behaviour.faults.map(\.transport) == [.stall(after: 5, for: .seconds(1))])
    }

    private func rules(_ text: String) throws -> [Rule] { try Plan.rules(from: JSON.parse(text)) }
}
