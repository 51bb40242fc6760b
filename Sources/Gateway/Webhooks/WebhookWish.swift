import HTTP
import JSON
import Ledger
import OpenAI

/// Webhooks that callers ask for.
extension Setup {
    /// Where a request wants its end to be told.
    ///
    /// - Parameters:
    ///   - fields: of the body, those that are the gateway's.
    ///   - isAsynchronous: the request is answered before it is over.
    /// - Returns: `nil` when it wants nothing of the kind.
    /// - Throws: `.invalidRequest` with what is to be done about it.
    func webhook(_ fields: JSONObject, for caller: Caller, isAsynchronous: Bool) throws(GatewayError) -> Webhook? {
        guard let field = fields["webhook_url"], !field.isNull else { return nil }
        return try configuration.webhook(field, for: caller, isAsynchronous: isAsynchronous)
    }
}

extension Configuration {
    fileprivate func webhook(_ field: JSONValue, for caller: Caller, isAsynchronous: Bool) throws(GatewayError) -> Webhook {
        guard webhookSecret != nil else {
            throw .webhook("is not possible here: the operator has to set `general_settings.webhook_secret`.")
        }
        guard isAsynchronous else {
            throw .webhook("is for requests whose answer is not waited for: send `Prefer: respond-async` or `\"async\": true` with it.")
        }
        guard let text = field.stringValue else { throw .webhook("must be a text.") }
        do {
            return Webhook(
                url: try WebhookTargets(allowsPrivate: allowsPrivateWebhooks).url(text).description,
                secretID: Configuration.webhookSecretID(of: caller))
        } catch {
            throw .webhook("cannot be used: \(error.reason).")
        }
    }

    /// What a caller verifies webhooks with; `nil` when there are none.
    func webhookSecret(of caller: Caller) -> WebhookSecret? {
        webhookSecret?.derived(for: Configuration.webhookSecretID(of: caller))
    }

    /// Names a caller for good: a key's hash.
    private static func webhookSecretID(of caller: Caller) -> String { caller.keyHash?.description ?? "" }
}

extension GatewayError {
    fileprivate static func webhook(_ reason: String) -> GatewayError {
        GatewayError(.invalidRequest, "`webhook_url` \(reason)", param: "webhook_url")
    }
}
