import JSON
import Money
import Testing

@testable import Fal

@Suite("Failure") struct FalFailureTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let type: String
        let status: Int
        let kind: FailureKind
        let resubmission: Resubmission
        var testDescription: String { "\(status) \(type)" }

        init(_ type: String, _ status: Int, _ kind: FailureKind, _ resubmission: Resubmission = .never) {
            self.type = type
            self.status = status
            self.kind = kind
            self.resubmission = resubmission
        }
    }

    /// Section 2.2, row by row.
    static let platform: [Row] = [
        Row("request_timeout", 504, .timedOut, .once),
        Row("startup_timeout", 504, .timedOut, .once),
        Row("runner_scheduling_failure", 503, .unavailable, .once),
        Row("runner_connection_timeout", 503, .unavailable, .once),
        Row("runner_connection_refused", 503, .unavailable, .once),
        Row("runner_connection_error", 503, .unavailable, .once),
        Row("runner_disconnected", 503, .unavailable, .once),
        Row("runner_incomplete_response", 502, .modelFailed, .once),
        Row("runner_server_error", 500, .modelFailed, .once),
        Row("client_disconnected", 499, .cancelled),
        Row("client_cancelled", 499, .cancelled),
        Row("bad_request", 400, .badRequest),
        Row("internal_error", 500, .modelFailed, .once),
    ]

    /// Section 2.3, row by row.
    static let model: [Row] = [
        Row("internal_server_error", 500, .modelFailed, .once),
        Row("generation_timeout", 504, .timedOut, .once),
        Row("downstream_service_error", 400, .modelFailed, .never),
        Row("downstream_service_error", 500, .modelFailed, .once),
        Row("downstream_service_unavailable", 500, .modelFailed, .once),
        Row("content_policy_violation", 422, .refusedContent),
        Row("no_media_generated", 422, .nothingGenerated),
        Row("image_too_small", 422, .unusableInput), Row("image_too_large", 422, .unusableInput),
        Row("image_load_error", 422, .unusableInput), Row("file_download_error", 422, .unusableInput),
        Row("face_detection_error", 422, .unusableInput), Row("file_too_large", 422, .unusableInput),
        Row("greater_than", 422, .invalidParameter), Row("greater_than_equal", 422, .invalidParameter),
        Row("less_than", 422, .invalidParameter), Row("less_than_equal", 422, .invalidParameter),
        Row("multiple_of", 422, .invalidParameter), Row("sequence_too_short", 422, .invalidParameter),
        Row("sequence_too_long", 422, .invalidParameter), Row("one_of", 422, .invalidParameter),
        Row("feature_not_supported", 422, .invalidParameter), Row("invalid_archive", 422, .unusableInput),
        Row("archive_file_count_below_minimum", 422, .unusableInput),
        Row("archive_file_count_exceeds_maximum", 422, .unusableInput),
        Row("audio_duration_too_long", 422, .unusableInput), Row("audio_duration_too_short", 422, .unusableInput),
        Row("video_duration_too_long", 422, .unusableInput), Row("video_duration_too_short", 422, .unusableInput),
        Row("unsupported_audio_format", 422, .unusableInput), Row("unsupported_image_format", 422, .unusableInput),
        Row("unsupported_video_format", 422, .unusableInput),
        // pydantic, known and unknown, first and second version.
        Row("missing", 422, .invalidParameter), Row("value_error.missing", 422, .invalidParameter),
        Row("type_error.integer", 422, .invalidParameter), Row("some_new_word", 422, .invalidParameter),
    ]

    @Test("a platform failure is read from body or header", arguments: platform)
    func shapeB(row: Row) {
        let body = #"{"detail":"it broke","error_type":"\#(row.type)"}"#
        expect(FalFailure(answer(row.status, body), at: .result), row, message: "it broke", parameter: nil)
        var plain = answer(row.status, #"{"detail":"it broke"}"#)
        plain.errorType = row.type
        expect(FalFailure(plain, at: .result), row, message: "it broke", parameter: nil)
    }

    @Test("a model failure names its parameter", arguments: model)
    func shapeA(row: Row) {
        let body = #"{"detail":[{"loc":["body","image_size","width"],"msg":"no good","type":"\#(row.type)","url":"https://docs.fal.ai/errors/#x","ctx":{"ge":1},"input":0}]}"#
        expect(FalFailure(answer(row.status, body), at: .result), row, message: "no good", parameter: "image_size.width")
    }

    private func expect(_ failure: FalFailure, _ row: Row, message: String, parameter: String?) {
        #expect(failure.kind == row.kind)
        #expect(failure.type == row.type)
        #expect(failure.message == message)
        #expect(failure.parameter == parameter)
        #expect(failure.status == row.status)
        #expect(failure.acceptance == .accepted)
        #expect(failure.resubmission == row.resubmission)
        #expect(failure.requestID == "req-1")
    }

    private func answer(_ status: Int, _ body: String) -> Answer {
        var answer = Answer(status: status, body: Array(body.utf8))
        answer.requestID = "req-1"
        return answer
    }

    /// Section 2.4, row by row, at submit.
    @Test("account and routing failures", arguments: [
        (401, #"{"detail":"No user found for Key ID and Secret"}"#, FailureKind.keyRefused),
        (401, #"{"detail":"Invalid Key Authorization header format. Expected '<key_id>:<key_secret>'."}"#, .keyRefused),
        (401, #"{"detail":"invalid key credentials"}"#, .keyRefused),
        (401, #"{"detail":"Cannot access application \"fal-ai/minimax-h3-turbo\""}"#, .keyRefused),
        (403, #"{"detail":"User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing."}"#, .balanceExhausted),
        (403, #"{"detail":"You do not have access to this application"}"#, .accessDenied),
        (403, #"{"detail":"Access to this model is blocked in your region"}"#, .accessDenied),
        (402, #"{"detail":"Payment required"}"#, .balanceExhausted),
        (404, #"{"detail":"Application \"h3-max\" not found"}"#, .endpointNotFound),
        (404, #"{"detail":"Path /x not found"}"#, .endpointNotFound),
        (404, "", .endpointNotFound),
        (405, #"{"detail":"Method Not Allowed"}"#, .badRequest),
        (429, #"{"detail":"Too many","error_type":"concurrent_requests_limit"}"#, .rateLimited),
        (429, "slow down", .rateLimited),
        (422, #"{"detail":[{"loc":["body","prompt"],"msg":"field required","type":"value_error.missing"}]}"#, .invalidParameter),
        (503, "<html>503</html>", .unavailable),
        (307, "", .unintelligible),
    ])
    func submit(status: Int, body: String, kind: FailureKind) {
        let failure = FalFailure(answer(status, body), at: .submit)
        #expect(failure.kind == kind)
        #expect(failure.acceptance == .notAccepted)
        #expect(!failure.mayHaveCost)
        #expect(failure.resubmission == ([429, 503].contains(status) ? .safe : .never))
        #expect(!failure.message.isEmpty)
    }

    @Test("after a 5xx to a submit nobody knows whether fal has the job", arguments: [500, 502, 504, 599])
    func unclear(status: Int) {
        let failure = FalFailure(answer(status, "<html>nginx</html>"), at: .submit)
        #expect(failure.acceptance == .unknown)
        #expect(failure.resubmission == .never)
    }

    @Test("a page of HTML is not shown to anybody, but the log has its beginning")
    func html() {
        let failure = FalFailure(answer(502, "<html>\r\n<head><title>502 Bad Gateway</title></head>"), at: .result)
        #expect(failure.kind == .modelFailed)
        #expect(failure.message == "fal answered with status 502 and no JSON")
        #expect(failure.detail == "body: <html>  <head><title>502 Bad Gateway</title></head>")
    }

    @Test("a job fal does not know", arguments: [FalFailure.Stage.status, .result])
    func unknownJob(stage: FalFailure.Stage) {
        #expect(FalFailure(answer(404, #"{"status":"NOT_FOUND"}"#), at: stage).kind == .jobNotFound)
        #expect(FalFailure(answer(404, #"{"detail":"gone"}"#), at: stage).kind == .jobNotFound)
        #expect(FalFailure(answer(404, #"{"detail":"Path /x not found"}"#), at: stage).kind == .endpointNotFound)
    }

    @Test("the refusal of the content outweighs a remark beside it, and nothing is lost")
    func several() {
        let body = """
            {"detail":[{"loc":["body","seed"],"msg":"too large","type":"less_than"},
             {"loc":["body","prompt"],"msg":"not allowed","type":"content_policy_violation"},
             {"loc":["body","loras",0,"path"],"msg":"bad","type":"url_parsing"}]}
            """
        let failure = FalFailure(answer(422, body), at: .result)
        #expect(failure.kind == .refusedContent)
        #expect(failure.parameter == "prompt")
        #expect(failure.detail == "seed too large (less_than); loras.0.path bad (url_parsing)")
    }

    @Test("every other shape gives some message", arguments: [
        (#"{"detail":"plain"}"#, "plain"), (#""plain""#, "plain"), (#"{"detail":["plain"]}"#, "plain"),
        (#"{"detail":{"msg":"plain","type":"x"}}"#, "plain"), (#"{"error":"plain"}"#, "plain"),
        (#"{"error":{"message":"plain","type":"x"}}"#, "plain"), (#"{"message":"plain"}"#, "plain"),
        (#"{"detail":[]}"#, "fal answered with status 422"), (#"{"detail":7}"#, "fal answered with status 422"),
        (#"{}"#, "fal answered with status 422"), (#"[1]"#, "fal answered with status 422"),
        (#"{"detail":"two\nlines\u0000"}"#, "two lines "),
        ("", "fal answered with status 422 and no JSON"), ("\u{feff}{}", "fal answered with status 422 and no JSON"),
    ])
    func lenient(body: String, message: String) {
        #expect(FalFailure(answer(422, body), at: .result).message == message)
    }

    @Test("a message is bounded")
    func bounded() {
        let failure = FalFailure(answer(500, #"{"detail":"\#(String(repeating: "ä", count: 5000))"}"#), at: .result)
        #expect(failure.message.unicodeScalars.count == 1000)
    }

    @Test("so is fal's word, whichever way it comes: it goes into headers")
    func boundedWord() {
        let word = String(repeating: "x", count: 100_000)
        var inHeader = answer(500, "{}")
        inHeader.errorType = word
        let bodies = [#"{"detail":"x","error_type":"\#(word)"}"#, #"{"detail":[{"msg":"x","type":"\#(word)"}]}"#]
        for answer in bodies.map({ answer(500, $0) }) + [inHeader] {
            #expect(FalFailure(answer, at: .result).type == String(repeating: "x", count: 100))
        }
    }

    @Test("fal's word on trying again counts, and so does the caller's own deadline")
    func retryHints() {
        var failed = answer(500, #"{"detail":"x","error_type":"runner_server_error"}"#)
        #expect(FalFailure(failed, at: .result).resubmission == .once)
        failed.needsRetry = false
        #expect(FalFailure(failed, at: .result).resubmission == .never)
        failed.needsRetry = true
        #expect(FalFailure(failed, at: .result).resubmission == .once)
        failed.billableUnits = DecimalQuantity(1)
        #expect(FalFailure(failed, at: .result).resubmission == .never)
        var late = answer(504, #"{"detail":"x","error_type":"request_timeout"}"#)
        late.isUserTimeout = true
        #expect(FalFailure(late, at: .result).resubmission == .never)
    }

    @Test("whether it may have cost money", arguments: [
        ("missing", 422, nil, false), ("content_policy_violation", 422, nil, true), ("content_policy_violation", 422, "0", false),
        ("missing", 422, "1", true), ("no_media_generated", 422, nil, true), ("runner_server_error", 500, nil, false),
        ("request_timeout", 504, nil, false), ("client_cancelled", 499, nil, true), ("image_load_error", 422, nil, true),
        ("bad_request", 400, nil, true), ("concurrent_requests_limit", 429, nil, true),
        ("downstream_service_error", 400, nil, true), ("downstream_service_error", 400, "0", false),
        ("downstream_service_error", 500, nil, false), ("internal_server_error", 422, nil, true),
    ] as [(String, Int, String?, Bool)])
    func money(type: String, status: Int, units: String?, mayHaveCost: Bool) {
        var answer = answer(status, #"{"detail":[{"loc":["body"],"msg":"x","type":"\#(type)"}]}"#)
        answer.billableUnits = units.flatMap { DecimalQuantity($0) }
        #expect(FalFailure(answer, at: .result).mayHaveCost == mayHaveCost)
    }

    @Test("only fal's own word proves that a failed job was free", arguments: [
        (500, "runner_server_error", false), (503, "runner_disconnected", false), (504, "request_timeout", false),
        (500, nil, true), (503, nil, true), (504, nil, true), (401, nil, true), (403, nil, true), (404, nil, true),
    ] as [(Int, String?, Bool)])
    func unnamed(status: Int, word: String?, mayHaveCost: Bool) {
        var taken = answer(status, "<html>nginx</html>")
        taken.errorType = word
        #expect(FalFailure(taken, at: .result).mayHaveCost == mayHaveCost)
    }

    @Test("of words that only the job's status says, those of fal's runners prove that it was free", arguments: [
        ("runner_server_error", false), ("request_timeout", false), ("downstream_service_error", true),
        ("internal_server_error", true), ("generation_timeout", true), ("a_new_word", true),
    ])
    func withoutStatus(word: String, mayHaveCost: Bool) {
        var failure = FalFailure(answer(500, #"{"detail":"x","error_type":"\#(word)"}"#), at: .result)
        #expect(!failure.mayHaveCost)
        failure.status = nil
        #expect(failure.mayHaveCost == mayHaveCost)
    }

    @Test("a submit that was not clearly refused may cost, whatever it is called", arguments: [
        (500, nil), (502, nil), (504, nil), (500, "runner_server_error"), (504, "request_timeout"), (500, "runner_disconnected"),
    ] as [(Int, String?)])
    func unclearSubmit(status: Int, word: String?) {
        var sent = answer(status, "<html>nginx</html>")
        sent.errorType = word
        let failure = FalFailure(sent, at: .submit)
        #expect(failure.acceptance == .unknown)
        #expect(failure.mayHaveCost)
    }

    @Test("the key is never quoted")
    func redacted() throws {
        let key = try #require(FalKey("1b2c3d4e-id:s3cr3t-s3cr3t-s3cr3t"))
        let body = #"{"detail":[{"loc":["body"],"msg":"bad Key 1b2c3d4e-id:s3cr3t-s3cr3t-s3cr3t","type":"x"},{"msg":"s3cr3t-s3cr3t-s3cr3t","type":"y"}]}"#
        let failure = FalFailure(answer(401, body), at: .submit).redacting(key)
        #expect(failure.message == "bad Key [key]")
        #expect(!failure.description.contains("s3cr3t"))
        #expect("\(key)" == "…cr3t")
        #expect(String(reflecting: key) == "…cr3t")
        var dumped = ""
        dump(key, to: &dumped)
        #expect(!dumped.contains("s3cr3t-"))
    }

    @Test("a key that could end a header field is no key", arguments: ["", "a b", "a\r\nX: y", "a\u{0}b", "schlüssel", "tab\t"])
    func badKeys(text: String) {
        #expect(FalKey(text) == nil)
    }
}
