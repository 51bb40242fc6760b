import HTTP
import JSON

/// `POST /config/reload`: the configuration is read again.
enum ReloadEndpoint {
    /// 200 when it was taken over, 422 when the running one stays; the findings either way.
    static func answer(_ outcome: Reloading.Outcome) -> Response {
        let findings = JSONValue.array(outcome.findings.map { .object($0.json) })
        guard !outcome.isTaken else { return .json(["reloaded": true, "findings": findings]) }
        let error = GatewayError(
            .configurationRefused, "The configuration has errors and was not taken over; the running one stays.")
        return .failure(error, adding: ["findings": findings])
    }
}

extension Finding {
    /// The parts, and the line that `falgate check` prints.
    fileprivate var json: JSONObject {
        [
            "severity": severity == .error ? "error" : "warning", "file": .string(file), "line": .integer(line),
            "column": .integer(column), "path": .string(path), "message": .string(message), "text": .string(description),
        ]
    }
}
