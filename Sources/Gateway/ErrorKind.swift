/// Every way in which a request can fail: the closed set behind `error.code`, `docs/errors.md` and
/// the spend log's error column.
package enum ErrorKind: String, Sendable, CaseIterable {
    // What the caller sent.
    case invalidJSON = "invalid_json"
    case invalidRequest = "invalid_request"
    case unsupportedParameter = "unsupported_parameter"
    case unsupportedMediaType = "unsupported_media_type"
    case badHTTP = "bad_http_message"
    case tooManyConnections = "too_many_connections"
    // Who sent it, and where.
    case invalidKey = "invalid_api_key"
    case foreignPage = "cross_site_request"
    case routeNotFound = "route_not_found"
    case methodNotAllowed = "method_not_allowed"
    case modelNotFound = "model_not_found"
    case requestNotFound = "request_not_found"
    case requestFinished = "request_finished"
    case idempotencyMismatch = "idempotency_key_mismatch"
    case configurationRefused = "configuration_refused"
    // Whether there is room.
    case tooManyRequests = "too_many_parallel_requests"
    case unpricedModel = "unpriced_model"
    case shuttingDown = "shutting_down"
    case ledgerUnavailable = "ledger_unavailable"
    case costNotRecorded = "cost_not_recorded"
    // What fal said.
    case falRejected = "fal_rejected"
    case contentPolicy = "content_policy_violation"
    case falKeyRefused = "fal_key_refused"
    case falBalance = "fal_balance_exhausted"
    case falBusy = "fal_rate_limited"
    case falFailed = "fal_error"
    case falUnavailable = "fal_unavailable"
    case falUnreachable = "fal_unreachable"
    case falTimeout = "fal_timeout"
    case falNonsense = "fal_invalid_answer"
    case submitUnknown = "fal_submit_unknown"
    case noImages = "no_images"
    // What happened on the way back.
    case imageUnavailable = "image_unavailable"
    case timeout = "timeout"
    case clientGone = "client_disconnected"

    /// The HTTP status. `badHTTP` has several (400, 408, 413, 414, 417, 431, 501, 505); this is the usual one.
    package var status: Int {
        switch self {
        case .invalidJSON, .invalidRequest, .unsupportedParameter, .badHTTP, .falRejected, .contentPolicy,
            .unpricedModel:
            400
        case .invalidKey: 401
        case .foreignPage: 403
        case .routeNotFound, .modelNotFound, .requestNotFound: 404
        case .methodNotAllowed: 405
        case .requestFinished: 409
        case .idempotencyMismatch, .configurationRefused: 422
        case .unsupportedMediaType: 415
        case .tooManyRequests, .falBusy: 429
        case .clientGone: 499
        case .costNotRecorded: 500
        case .falKeyRefused, .falFailed, .falUnreachable, .falNonsense, .submitUnknown, .noImages, .imageUnavailable:
            502
        case .tooManyConnections, .shuttingDown, .ledgerUnavailable, .falBalance, .falUnavailable: 503
        case .falTimeout, .timeout: 504
        }
    }

    /// OpenAI's and LiteLLM's word for the family of the error.
    package var type: String {
        switch self {
        case .invalidKey: "auth_error"
        case .tooManyRequests, .falBusy: "throttling_error"
        default: status < 500 ? "invalid_request_error" : "server_error"
        }
    }

    /// Whether sending the same request again may help and cannot cost twice. The OpenAI SDKs obey
    /// it (`x-should-retry`) before their own rules, which would repeat every 5xx.
    package var shouldRetry: Bool {
        switch self {
        case .tooManyConnections, .tooManyRequests, .shuttingDown, .ledgerUnavailable, .falBusy, .falUnavailable, .falUnreachable: true
        default: false
        }
    }

    /// One line for the table of errors.
    package var meaning: String {
        switch self {
        case .invalidJSON: "The body is not one JSON object; the message says at which line and column."
        case .invalidRequest: "A field is missing or has a value that is not allowed; `param` names it."
        case .unsupportedParameter: "`drop_params: false` is set and the model cannot honour the field that `param` names."
        case .unsupportedMediaType: "The body must be `application/json`; of edits and variations it may be `multipart/form-data`."
        case .badHTTP: "The HTTP message itself is malformed, too large (413, 414, 431) or too slow (408)."
        case .tooManyConnections: "Every connection that the gateway may have is at work; `Retry-After` says when to try again."
        case .invalidKey: "No gateway key was sent, or it is not one of this gateway's."
        case .foreignPage:
            "Without a master key, requests of web pages from elsewhere, and to hosts that are neither `localhost` nor an address, are refused."
        case .routeNotFound: "Nothing is served at this path."
        case .methodNotAllowed: "The path is served, but not with this method; `Allow` lists those that are."
        case .modelNotFound: "No such model is configured, or fal does not know the endpoint."
        case .requestNotFound: "No request of that id is known to the key; answers are kept for `result_ttl`."
        case .requestFinished: "The request is over, so there is nothing to cancel."
        case .idempotencyMismatch: "The `Idempotency-Key` was used for a request with another body."
        case .configurationRefused:
            "`POST /config/reload` found errors: `findings` has them, and the running configuration stays."
        case .tooManyRequests: "`max_parallel_requests` are running; `Retry-After` says when to try again."
        case .unpricedModel: "The model has no known price and `unpriced_models: reject` is set."
        case .shuttingDown: "The gateway is being stopped."
        case .ledgerUnavailable: "The request could not be recorded, so nothing was sent to fal."
        case .costNotRecorded:
            "The request ran, but what became of it could not be recorded. It may have been paid; it is recorded as soon as the ledger can be written, by the next start at the latest."
        case .falRejected: "fal refused the input; `code` is fal's own error type, `param` the field."
        case .contentPolicy: "fal's content policy refused the prompt or the result."
        case .falKeyRefused: "fal does not accept the gateway's fal key. The operator's to fix, not the caller's."
        case .falBalance: "The gateway's fal account has no balance left or is locked."
        case .falBusy: "fal accepts no more requests of this account at the moment."
        case .falFailed: "fal took the job and failed; `code` is fal's own error type where it named one."
        case .falUnavailable: "fal had no capacity or did not accept the job. Nothing was paid."
        case .falUnreachable: "No connection to fal could be made, or none in time. Nothing was paid."
        case .falTimeout: "fal gave the job up after its own time limit."
        case .falNonsense: "fal's answer could not be understood."
        case .submitUnknown: "The job was sent, but fal's answer was lost: it may run and be paid. It is never sent again by the gateway."
        case .noImages: "fal reported success without an image."
        case .imageUnavailable: "The image was made and paid, but could not be fetched from fal's CDN for `b64_json`."
        case .timeout: "The job did not finish within the deployment's `timeout`. It goes on; `error.request_id` and `Location` say where its images can be fetched. Where `result_ttl` is 0 they cannot be, and the message says so."
        case .clientGone: "The caller hung up before the answer. Seen in the spend log only."
        }
    }
}
