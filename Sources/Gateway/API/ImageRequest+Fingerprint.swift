import JSON
import OpenAI
import Signatures

extension ImageRequest {
    /// SHA-256 of everything that was asked for, 32 bytes: the same for the same request, however
    /// its JSON or its form was written down. What only concerns the gateway is no part of it.
    var fingerprint: [UInt8] {
        var all = JSONObject()
        all["kind"] = .string(kind.rawValue)
        all["prompt"] = prompt.map(JSONValue.string)
        all["model"] = model.map(JSONValue.string)
        all["n"] = count.map(JSONValue.integer)
        all["size"] = (size?.text).map(JSONValue.string)
        all["response_format"] = (responseFormat?.rawValue).map(JSONValue.string)
        all["quality"] = quality.map(JSONValue.string)
        all["style"] = style.map(JSONValue.string)
        all["background"] = background.map(JSONValue.string)
        all["moderation"] = moderation.map(JSONValue.string)
        all["output_format"] = outputFormat.map(JSONValue.string)
        all["output_compression"] = outputCompression.map(JSONValue.integer)
        all["user"] = user.map(JSONValue.string)
        all["stream"] = stream.map(JSONValue.bool)
        if !images.isEmpty { all["images"] = .array(images.map { .string($0.address) }) }
        all["mask"] = (mask?.address).map(JSONValue.string)
        let sorted = extra.members.sorted { $0.key < $1.key }
        all["extra"] = .object(JSONObject(members: sorted))
        return SHA256Digest(of: all.serialized()).bytes
    }
}
