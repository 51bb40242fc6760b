package import JSON
internal import Money

extension SpendRow {
    /// The row as `GET /spend/logs` and `falgate spend --json` give it: LiteLLM's fields under
    /// LiteLLM's names (`LiteLLM_SpendLogs`), then ours.
    ///
    /// `spend` is the exact decimal number of dollars, never a rounded binary fraction;
    /// `cost_nanodollars` is the same as an integer. LiteLLM has the empty string where a key or a
    /// model is missing, and null elsewhere.
    package var json: JSONValue {
        .object(litellmMembers.merging(ownMembers))
    }

    private var litellmMembers: JSONObject {
        [
            "request_id": .string(requestID),
            "call_type": .string(callType),
            "api_key": .string(keyHash ?? ""),
            "spend": JSONNumber(lexeme: cost.dollars).map(JSONValue.number) ?? .null,
            "total_tokens": 0,
            "prompt_tokens": 0,
            "completion_tokens": 0,
            "startTime": .string(startedAt.iso8601),
            "endTime": .string(endedAt.iso8601),
            "request_duration_ms": .integer(Int(durations.total.microseconds / 1000)),
            "model": .string(endpoint.map { "fal_ai/" + $0 } ?? ""),
            "model_id": .optional(deploymentID),
            "model_group": .optional(alias),
            "custom_llm_provider": "fal_ai",
            "user": .optional(endUser),
            "end_user": .optional(endUser),
            "request_tags": .array(tags.map(JSONValue.string)),
            "status": .string(status.rawValue),
        ]
    }

    private var ownMembers: JSONObject {
        [
            "route": .string(route),
            "endpoint": .optional(endpoint),
            "images": .integer(images),
            "images_asked": imagesAsked.map(JSONValue.integer) ?? .null,
            "sizes": .array(sizes.map(JSONValue.string)),
            "cost_nanodollars": .integer(Int(cost.rawValue)),
            "cost_basis": .string(basis.rawValue),
            "fal_request_ids": .array(falRequestIDs.map(JSONValue.string)),
            "http_status": .integer(httpStatus),
            "error_code": .optional(errorCode),
            "duration_us": [
                "total": .integer(Int(durations.total.microseconds)),
                "queued": .optional(durations.queued),
                "in_progress": .optional(durations.inProgress),
                "overhead": .optional(durations.overhead),
            ],
        ]
    }
}

extension SpendSummary {
    /// One line of a summary. `group` is what it was summed by, `spend` dollars as in a row.
    package var json: JSONValue {
        [
            "group": .optional(group),
            "requests": .integer(requests),
            "failures": .integer(failures),
            "images": .integer(images),
            "spend": JSONNumber(lexeme: cost.dollars).map(JSONValue.number) ?? .null,
            "cost_nanodollars": .integer(Int(cost.rawValue)),
        ]
    }
}

extension JSONValue {
    fileprivate static func optional(_ text: String?) -> JSONValue {
        text.map(JSONValue.string) ?? .null
    }

    fileprivate static func optional(_ duration: Duration?) -> JSONValue {
        duration.map { .integer(Int($0.microseconds)) } ?? .null
    }
}

extension JSONObject {
    /// These members, then those of `other`. The keys are distinct.
    fileprivate func merging(_ other: JSONObject) -> JSONObject {
        JSONObject(members: members + other.members)
    }
}
