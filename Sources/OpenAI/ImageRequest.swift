package import JSON

/// The body of `POST /v1/images/generations`, `/edits` or `/variations`.
///
/// OpenAI's fields are typed properties, `nil` where the caller said nothing or `null`. Whatever
/// else is in the body keeps its order and its characters: `extra` is for fal, `gatewayFields` for
/// the gateway.
package struct ImageRequest: Sendable, Equatable {
    /// Characters (Unicode scalars) of a prompt, as OpenAI documents it.
    package static let maximumPromptLength = 32_000
    /// Percent.
    package static let outputCompressions = 0...100
    package static let partialImageCounts = 0...3

    /// What the images are returned as.
    package enum ResponseFormat: String, Sendable, CaseIterable {
        case url
        case base64 = "b64_json"
    }

    /// Which of OpenAI's three image routes it came to.
    package enum Kind: String, Sendable, CaseIterable {
        case generation
        /// Works on images, by a prompt.
        case edit
        /// Works on images; a prompt may be there, and most callers have none.
        case variation
    }

    /// Images that were uploaded as files beside the body's fields.
    package struct Uploads: Sendable, Equatable {
        package var images: [InputImage] = []
        package var mask: InputImage?

        package init() {}
    }

    package var kind: Kind
    /// `nil` where the path names the model.
    package var model: String?
    /// Never blank; `nil` only for a variation.
    package var prompt: String?
    /// What to work on: the uploaded ones first, then those the body names. Empty for a generation,
    /// and where the caller names images by fal's own parameters.
    package var images: [InputImage] = []
    /// Where to work on it.
    package var mask: InputImage?
    /// `n`: from 1 to the limit given to `decode`.
    package var count: Int?
    package var size: RequestedSize?
    package var responseFormat: ResponseFormat?
    package var quality: String?
    package var style: String?
    package var background: String?
    package var moderation: String?
    package var outputFormat: String?
    package var outputCompression: Int?
    /// `input_fidelity`, of edits: how closely the images are kept to.
    package var inputFidelity: String?
    package var user: String?
    package var safetyIdentifier: String?
    package var stream: Bool?
    package var partialImages: Int?

    /// Members OpenAI does not know, without those that are `null`: fal's own parameters.
    package var extra = JSONObject()
    /// Members that LiteLLM keeps for itself (`metadata`, `tags`, `drop_params`, ...). Their types
    /// are not checked here. They must not be sent to fal.
    package var gatewayFields = JSONObject()

    package init(prompt: String?, kind: Kind = .generation) {
        self.prompt = prompt
        self.kind = kind
    }

    /// The `seed` among the parameters for fal, as it was written.
    package var seed: JSONNumber? { extra["seed"]?.numberValue }
}
