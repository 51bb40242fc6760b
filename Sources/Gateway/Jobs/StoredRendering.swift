import Fal
import JSON
import Ledger
import OpenAI

/// What has to be known to answer a request in another process than the one it came to: stored
/// beside it in the ledger. Neither the prompt nor the caller's name is part of it.
struct StoredRendering: Sendable, Equatable {
    var delivery: ImageDelivery
    /// Where the images may be fetched from depends on it.
    var deploymentID: String
    var withholdsUnsafeImages: Bool
    var size: String?
    var quality: String?
    var background: String?
    /// The calls as far as their price depends on them, and how many images each makes.
    var calls: [FalCall] = []

    init(_ order: ImageOrder) {
        delivery = order.delivery
        deploymentID = order.deployment.journalName
        withholdsUnsafeImages = order.withholdsUnsafeImages
        size = order.toldSize
        quality = order.told("quality", asked: order.wanted.quality)
        background = order.told("background", asked: order.wanted.background)
        calls = order.plan.calls
    }

    /// What an earlier release, or this one, has written; what is missing has its default.
    init(_ bytes: [UInt8]) {
        let value = (try? JSON.parse(bytes)) ?? .null
        delivery = value["delivery"]?.stringValue.flatMap(ImageDelivery.init) ?? .url
        deploymentID = value["deployment"]?.stringValue ?? ""
        withholdsUnsafeImages = value["nsfw"]?.stringValue == "error"
        size = value["size"]?.stringValue
        quality = value["quality"]?.stringValue
        background = value["background"]?.stringValue
        calls = (value["calls"]?.arrayValue ?? []).map { call in
            FalCall(resuming: call["input"]?.objectValue ?? [:], imageCount: call["images"]?.intValue ?? 1)
        }
    }

    /// The answer to a request whose jobs are over.
    func response(_ delivery: Delivery, _ record: RequestRecord) -> ImageResponse {
        var response = ImageResponse(created: Timestamp.now.seconds, images: delivery.images.map(\.answer))
        response.outputFormat = delivery.images.lazy.compactMap(\.format).first
        response.size = size.map { delivery.images.lazy.compactMap(\.size).first?.description ?? $0 }
        response.quality = quality
        response.background = background
        response.falgate = record.facts
        return response
    }

    var bytes: [UInt8] {
        var object: JSONObject = ["delivery": .string(delivery.rawValue), "deployment": .string(deploymentID)]
        if withholdsUnsafeImages { object.append("nsfw", "error") }
        object.append("size", ifAny: size.map(JSONValue.string))
        object.append("quality", ifAny: quality.map(JSONValue.string))
        object.append("background", ifAny: background.map(JSONValue.string))
        object.append(
            "calls", .array(calls.map { ["input": .object($0.pricedInput), "images": .integer($0.imageCount)] }))
        return object.serialized()
    }
}
