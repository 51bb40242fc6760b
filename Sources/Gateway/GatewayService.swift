import HTTP
import JSON
import OpenAI
import Reactor

/// What one loop's server serves: finds the route, asks who is calling, and hands the request to
/// the endpoint.
struct GatewayService: Service {
    let worker: Worker
    let core: Core
    let reloading: Reloading
    let metrics: MetricsEndpoint

    private static let router: Router<Route> = {
        var router = Router<Route>()
        for (method, pattern, route) in Route.table { router.add(method, pattern, route) }
        return router
    }()

    func admit(_ head: RequestHead) -> Admittance {
        var found: Route?
        do throws(GatewayError) {
            let (route, parameters) = try route(of: head)
            found = route
            let setup = core.setup
            if route == .falWebhook, setup.hook?.job(parameters["job"] ?? "") == nil { return .refuse(.ignoredWebhook) }
            let isPublic = route.isPublic(setup.configuration)
            let caller = isPublic ? Caller(keyHash: nil) : try setup.authentication.caller(of: head)
            if route.imageKind != nil, core.isDraining { throw .shuttingDown }
            return .read(maximumBodyBytes: route.maximumBodyBytes(setup)) { request in
                await reply(to: request, at: route, parameters, caller, setup)
            }
        } catch {
            return .refuse(core.ending(.failure(error), at: found))
        }
    }

    private func reply(
        to request: consuming Request, at route: Route, _ parameters: RouteParameters, _ caller: Caller, _ setup: Setup
    ) async -> Reply {
        // Those of images wait by the thousand: they have no part in the frame that all others need.
        if case .images(let kind, let dialect) = route {
            return await images(consume request, kind: kind, dialect, parameters, caller, setup)
        }
        return .now(await answer(to: request, at: route, parameters, caller, setup))
    }

    private func images(
        _ request: consuming Request, kind: ImageRequest.Kind, _ dialect: AsyncDialect?, _ parameters: RouteParameters,
        _ caller: Caller, _ setup: Setup
    ) async -> Reply {
        let route = Route.images(kind, dialect)
        // Its body may have been on the way for a while.
        if core.isDraining { return .now(core.ending(.failure(.shuttingDown), at: route)) }
        // LiteLLM's precedence: path, then query, then body.
        let model = parameters["model"] ?? request.head.queryValue("model")
        let reply = await worker.images(consume request, kind: kind, caller: caller, model: model, dialect, setup)
        if case .now(let response) = reply { return .now(core.ending(response, at: route)) }
        return reply
    }

    /// Everything but images. Counts the answer.
    @inline(never)
    private func answer(
        to request: Request, at route: Route, _ parameters: RouteParameters, _ caller: Caller, _ setup: Setup
    ) async -> Response {
        do throws(GatewayError) {
            let response = try await response(to: request, at: route, parameters, caller, setup)
            return core.ending(response, at: route)
        } catch {
            return core.ending(.failure(error), at: route)
        }
    }

    private func response(
        to request: Request, at route: Route, _ parameters: RouteParameters, _ caller: Caller, _ setup: Setup
    ) async throws(GatewayError) -> Response {
        switch route {
        case .liveness: HealthEndpoints.liveness()
        case .readiness: HealthEndpoints.readiness(unless: await core.reasonNotToServe())
        case .images: preconditionFailure("requests for images have a way of their own")
        case .showJob(let dialect):
            try await worker.job(
                parameters["id"] ?? "", for: caller, in: dialect, calledBy: RequestRecord.callID(in: request.head), setup)
        case .cancelJob: try await worker.cancelJob(parameters["id"] ?? "", for: caller)
        case .showImage:
            try await worker.image(parameters["number"] ?? "", of: parameters["id"] ?? "", for: caller, setup)
        case .health: HealthEndpoints.health(await worker.probeKeys(of: setup))
        case .listModels: setup.models.list()
        case .showModel: try setup.models.show(parameters["model"] ?? "")
        case .modelInfo: setup.models.info()
        case .metrics: await metrics.answer(setup)
        case .reload: ReloadEndpoint.answer(await reloading.reloadElsewhere())
        case .webhookSecret: try webhookSecret(for: caller, setup)
        case .falWebhook: await worker.hear(request, at: parameters["job"] ?? "", setup)
        case .spendLogs: try await worker.spendLogs(request.head)
        }
    }

    /// `GET /v1/webhooks/secret`: the caller's own, derived from the operator's.
    private func webhookSecret(for caller: Caller, _ setup: Setup) throws(GatewayError) -> Response {
        guard let secret = setup.configuration.webhookSecret(of: caller) else {
            throw GatewayError(
                .invalidRequest, "This gateway sends no webhooks: the operator has to set `general_settings.webhook_secret`.")
        }
        var response = Response.json(["object": "webhook.secret", "secret": .string(secret.reveal())])
        response.fields.append("cache-control", "no-store")
        return response
    }

    func refusal(_ error: ProtocolError) -> Response {
        core.metrics.answered("none", status: error.status, model: "")
        core.log.write(.debug, "bad request", [("status", String(error.status)), ("reason", error.reason)])
        if error == .tooManyConnections {
            return .failure(GatewayError(
                .tooManyConnections, "The gateway has as many connections as it can serve. Try again in a moment.", retryAfter: 1))
        }
        return .failure(GatewayError(.badHTTP, "The request cannot be read: \(error.reason).", status: error.status))
    }

    private func route(of head: RequestHead) throws(GatewayError) -> (Route, RouteParameters) {
        switch GatewayService.router.match(head.method, head.path) {
        case .handler(let route, let parameters): return (route, parameters)
        case .notFound: throw .routeNotFound(head.path)
        case .methodNotAllowed(let allowed): throw .methodNotAllowed(head.path, allowed: allowed.map(\.name))
        }
    }
}

extension Route {
    fileprivate func maximumBodyBytes(_ setup: Setup) -> Int {
        if self == .falWebhook { return FalHook.bodyBytes }
        return imageKind.map { setup.maximumBodyBytes(of: $0) } ?? Route.meaninglessBodyBytes
    }
}
