import JSON
import OpenAI
import Signatures

extension ImageRequest {
    /// SHA-256 of everything that was asked for, 32 bytes: the same for the same request, however
    /// its JSON or its form was written down. What only concerns the gateway is no part of it.
    var fingerprint: [UInt8] {
        var all = JSONObject()
        all.append("kind", .string(kind.rawValue))
        all.append("prompt", ifAny: prompt.map(JSONValue.string))
        all.append("model", ifAny: model.map(JSONValue.string))
        all.append("n", ifAny: count.map(JSONValue.integer))
        all.append("size", ifAny: (size?.text).map(JSONValue.string))
        all.append("response_format", ifAny: (responseFormat?.rawValue).map(JSONValue.string))
        all.append("quality", ifAny: quality.map(JSONValue.string))
        all.append("style", ifAny: style.map(JSONValue.string))
        all.append("background", ifAny: background.map(JSONValue.string))
        all.append("moderation", ifAny: moderation.map(JSONValue.string))
        all.append("output_format", ifAny: outputFormat.map(JSONValue.string))
        all.append("output_compression", ifAny: outputCompression.map(JSONValue.integer))
        all.append("user", ifAny: user.map(JSONValue.string))
        all.append("stream", ifAny: stream.map(JSONValue.bool))
        if !images.isEmpty { all.append("images", .array(images.map { .string($0.address) })) }
        all.append("mask", ifAny: (mask?.address).map(JSONValue.string))
        all.append("input_fidelity", ifAny: inputFidelity.map(JSONValue.string))
        all.append("safety_identifier", ifAny: safetyIdentifier.map(JSONValue.string))
        // Whether what the model cannot honour is left out or refused: another request, though fal hears the same.
        all.append("drop_params", ifAny: (gatewayFields["drop_params"]?.boolValue).map(JSONValue.bool))
        // Who joins another's request would wait in vain to be told of its end.
        all.append("webhook_url", ifAny: (gatewayFields["webhook_url"]?.stringValue).map(JSONValue.string))
        all.append("extra", .object(extra.sorted))
        return SHA256Digest(of: all.serialized()).bytes
    }
}

extension JSONObject {
    /// The members by name, at every depth.
    fileprivate var sorted: JSONObject {
        JSONObject(members: members.map { ($0.key, $0.value.sorted) }.sorted { $0.key < $1.key })
    }
}

extension JSONValue {
    fileprivate var sorted: JSONValue {
        switch self {
        case .object(let object): .object(object.sorted)
        case .array(let elements): .array(elements.map(\.sorted))
        default: self
        }
    }
}
