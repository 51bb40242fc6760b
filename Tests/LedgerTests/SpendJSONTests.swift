import JSON
import Ledger
import Money
import Testing

@Suite("Spend rows as JSON") struct SpendJSONTests {
    @Test("a row has LiteLLM's fields, then ours, and its spend is exact")
    func golden() {
        var row = SpendRow.make(cost: 25_000_001)
        row.keyHash = "88dc28d0"
        row.endUser = "anna"
        row.tags = ["red"]
        #expect(
            row.json.description == """
                {"request_id":"req_00000001","call_type":"aimage_generation","api_key":"88dc28d0","spend":0.025000001,\
                "total_tokens":0,"prompt_tokens":0,"completion_tokens":0,\
                "startTime":"2026-01-31T12:34:56.789Z","endTime":"2026-01-31T12:34:58.789Z","request_duration_ms":2000,\
                "model":"fal_ai/fal-ai/flux/dev","model_id":"deployment-1","model_group":"flux-dev",\
                "custom_llm_provider":"fal_ai","user":"anna","end_user":"anna","request_tags":["red"],"status":"success",\
                "route":"/v1/images/generations","endpoint":"fal-ai/flux/dev","images":1,"images_asked":1,\
                "sizes":["1024x768"],"cost_nanodollars":25000001,"cost_basis":"billed",\
                "fal_request_ids":["764cabcf-b745-4b3e-ae38-1200304cf45b"],"http_status":200,"error_code":null,\
                "duration_us":{"total":2000123,"queued":100000,"in_progress":1800000,"overhead":523}}
                """)
    }

    @Test("what is not known is empty or null as in LiteLLM's rows")
    func nothingKnown() {
        let row = SpendRow(
            requestID: "r", startedAt: Timestamp(milliseconds: 0), callType: "aimage_generation", route: "/x",
            status: .failure, httpStatus: 400, durations: .init(total: .zero))
        let json = row.json
        #expect(json["api_key"] == "" && json["model"] == "")
        #expect(json["spend"] == 0)
        #expect(json["model_group"] == .null && json["user"] == .null && json["images_asked"] == .null)
        #expect(json["status"] == "failure" && json["cost_basis"] == "free")
        #expect(json["duration_us"]?["queued"] == .null)
    }

    @Test("a summary")
    func summary() {
        let summary = SpendSummary(
            group: "2026-01-31", requests: 3, failures: 1, images: 5, cost: Nanodollars(rawValue: 3_020_000_000))
        #expect(
            summary.json.description == """
                {"group":"2026-01-31","requests":3,"failures":1,"images":5,"spend":3.02,"cost_nanodollars":3020000000}
                """)
    }

    @Test("a sum of costs is known as well as its weaker part", arguments: CostBasis.allCases, CostBasis.allCases)
    func combined(one: CostBasis, other: CostBasis) {
        let order: [CostBasis] = [.free, .billed, .estimated, .unpriced]
        let weaker = order.last { $0 == one || $0 == other }
        #expect(one.combined(with: other) == weaker)
    }
}
