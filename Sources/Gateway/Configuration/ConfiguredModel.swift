package import JSON
package import Money
package import YAML

/// One entry of `model_list`: a public name and the fal endpoint behind it.
///
/// Settings that exist on several levels are resolved: this entry's own, then
/// `router_settings`, then `litellm_settings`, then the default.
package struct ConfiguredModel: Sendable, Equatable {
    /// `model_name`
    package var name: ModelPattern
    /// `litellm_params.model` without `fal_ai/`
    package var endpoint: EndpointPattern
    /// `model_info.id`, else made of name, endpoint and base URL: the same at every start
    /// as long as these are. Unique.
    package var id = ""
    /// Where the entry begins, for messages about it at run time.
    package var position: YAMLPosition

    /// `litellm_params.api_key`, else `FAL_AI_API_KEY`, else `FAL_KEY`. Fit for a header.
    package var falKey: Secret
    /// The others where `litellm_params.api_key` is a list: used in turn.
    package var furtherFalKeys: [Secret] = []
    /// `litellm_params.api_base`, else `FAL_AI_API_BASE`, else fal's queue: an http(s) URL
    /// with no slash at its end. `https://fal.run`, LiteLLM's host, has become the queue's.
    package var apiBase: String
    /// From the request to the last image. 600 s by default.
    package var timeout: Duration = .seconds(600)
    /// `num_retries`. 2 by default.
    package var retries = 2
    /// `litellm_params.extra_headers`, sent to fal. Never `Authorization` or a header that
    /// frames the message.
    package var extraHeaders: [ExtraHeader] = []
    /// Every key of `litellm_params` that is not a setting, and `extra_body`: parameters for
    /// fal that a request may override. OpenAI's names (`n`, `size`) are among them as they
    /// are. No null, empty list or empty object at the top; LiteLLM drops those.
    package var defaults = JSONObject()
    /// `drop_params`; `nil` when it is set nowhere.
    package var unsupportedParameters: UnsupportedParameters?
    /// `litellm_params.additional_drop_params`: never sent to fal.
    package var droppedParameters: [String] = []

    /// What holds for requests that leave it open.
    package var policies = ImagePolicies()

    /// `litellm_params.weight`: the share of requests among equal names. Not negative.
    package var weight: Double?
    /// `litellm_params.order`: lower ones are used first.
    package var order: Int?
    /// `litellm_params.rpm`
    package var requestsPerMinute: Int?
    /// `litellm_params.tpm`
    package var tokensPerMinute: Int?
    /// `litellm_params.max_parallel_requests`
    package var maximumParallelRequests: Int?

    /// The operator's own price; empty when there is none.
    package var price = CustomPrice()
    /// `model_info.mode`, for instance `image_generation`.
    package var mode: String?
    /// `model_info.base_model`, else `litellm_params.base_model`, without `fal_ai/`: the
    /// endpoint whose profile and price an unlisted endpoint shares.
    package var baseModel: String?
    /// Keys of `model_info` that replace the same keys of the endpoint's profile, each fit for it.
    package var overrides = JSONObject()
    /// `model_info` as written, for `/model/info`.
    package var info = JSONObject()

    /// Never empty.
    package var falKeys: [Secret] { [falKey] + furtherFalKeys }
}

/// A header of `litellm_params.extra_headers`. Its value may be a credential.
package struct ExtraHeader: Sendable, Equatable {
    package let name: String
    package let value: Secret
}

/// `drop_params`: what happens to an OpenAI parameter that the endpoint cannot honour.
package enum UnsupportedParameters: Sendable, Equatable {
    case drop, refuse
}

/// Prices of `model_info` and `litellm_params`, exact. The latter win, as in LiteLLM.
package struct CustomPrice: Sendable, Equatable {
    /// `output_cost_per_image`
    package var perImage: UnitPrice?
    /// `input_cost_per_image`. LiteLLM ignores it for images; here it is the price of an
    /// image when no other is given.
    package var inputPerImage: UnitPrice?
    /// `output_cost_per_pixel`
    package var perPixel: UnitPrice?
    /// `output_cost_per_image_2K` under `2K`: by the request's `resolution`.
    package var perImageAtResolution: [String: UnitPrice] = [:]

    package var isEmpty: Bool { self == CustomPrice() }
}
