import Fal
import HTTP
import JSON
import Reactor

/// `GET /health/liveliness` and its kin, in LiteLLM's words.
enum HealthEndpoints {
    /// The process runs its loops.
    static func liveness() -> Response {
        .json(JSONValue.string("I'm alive!").serialized())
    }

    /// Whether requests should be sent here.
    ///
    /// - Parameter reason: why not, or `nil` when all is well.
    static func readiness(unless reason: String?) -> Response {
        .json(
            ["status": .string(reason ?? "healthy"), "db": reason == nil ? "connected" : "unknown"],
            status: reason == nil ? 200 : 503)
    }

    /// The result of asking fal about each key, free of charge, and what is cooled down. A key is
    /// named by the first digits of its SHA-256.
    static func health(_ reports: [(deployment: Deployment, problem: String?)]) -> Response {
        func entry(_ deployment: Deployment, _ problem: String?) -> JSONValue {
            var entry: JSONObject = [
                "model": .string(EndpointPattern.provider + deployment.entryEndpoint), "model_id": .string(deployment.id),
                "key": .string(deployment.keyTag.description),
            ]
            if let problem { entry["error"] = .string(problem) }
            let conditions = deployment.conditions(at: .now)
            if !conditions.isEmpty { entry["conditions"] = .array(conditions.map(JSONValue.string)) }
            return .object(entry)
        }
        let healthy = reports.filter { $0.problem == nil }
        let unhealthy = reports.filter { $0.problem != nil }
        return .json([
            "healthy_endpoints": .array(healthy.map { entry($0.deployment, nil) }),
            "unhealthy_endpoints": .array(unhealthy.map { entry($0.deployment, $0.problem) }),
            "healthy_count": .integer(healthy.count),
            "unhealthy_count": .integer(unhealthy.count),
        ])
    }
}

extension Deployment {
    /// With its `*` where the entry leaves the endpoint open: what it was asked about with says nothing.
    fileprivate var entryEndpoint: String { configured.endpoint.endpoint == nil ? configured.endpoint.description : endpoint.id }
}
