import HTTP
import JSON

/// The JSON that a model answers with, in the shape its endpoint has.
struct ModelOutput {
    let model: EndpointModel
    let delivery: Delivery
    let plan: OutputPlan
    /// Scheme and host of the CDN, as the caller reaches it.
    let origin: String
    /// The job's id.
    let owner: String
    /// Seconds of work.
    let inferenceTime: Double
    /// Encodes, or has encoded.
    let encode: (ImageSpecification) -> EncodedImage

    func json() -> JSONObject {
        var output = JSONObject()
        let items = delivery.images.indices.map { JSONValue.object(item($0)) }
        if model.isSingle {
            output["image"] = items.first ?? .null
        } else {
            output["images"] = .array(items)
        }
        for field in model.outputFields { output[field] = member(field) }
        for (key, value) in plan.merge.members { output[key] = value }
        for key in plan.remove { output[key] = nil }
        return output
    }

    private func member(_ field: String) -> JSONValue? {
        switch field {
        case "timings": ["inference": number(inferenceTime)]
        case "seed": JSONNumber(lexeme: delivery.seed).map(JSONValue.number)
        case "has_nsfw_concepts": .array(delivery.images.map { _ in .bool(delivery.isFlagged) })
        case "prompt": .string(delivery.prompt)
        case "description": ""
        case "mask_image": .null
        default: nil
        }
    }

    private func item(_ index: Int) -> JSONObject {
        let image = delivery.images[index]
        let contentType = plan.contentType ?? image.format.contentType
        var item: JSONObject = ["url": .string(url(of: image, index)), "content_type": .string(contentType)]
        switch model.item {
        case .image:
            item["width"] = .integer(image.width)
            item["height"] = .integer(image.height)
        case .imageFile, .file:
            item["file_name"] = .string("\(index).\(image.format.fileExtension)")
            item["file_size"] = .integer(encode(image).byteCount)
            guard model.item == .imageFile else { break }
            item["width"] = .null
            item["height"] = .null
        }
        return item
    }

    private func url(of image: ImageSpecification, _ index: Int) -> String {
        guard delivery.isInline else {
            return (plan.imageOrigin ?? origin) + PictureAddress.path(of: image, owner: owner, number: index)
        }
        let file = encode(image)
        var text = Array("data:\(image.format.contentType);base64,".utf8)
        text.reserveCapacity(text.count + Base64.encodedCount(of: file.byteCount))
        var encoder = Base64Encoder()
        for segment in file.segments { encoder.encode(segment, into: &text) }
        encoder.finish(into: &text)
        return String(decoding: text, as: UTF8.self)
    }

    private func number(_ value: Double) -> JSONValue { JSONNumber(value).map(JSONValue.number) ?? .null }
}
