import JSON

/// What the simulator knows of one fal endpoint: what it accepts, delivers and costs.
final class EndpointModel: Sendable {
    enum SizeStyle: String, Sendable {
        /// A preset or `{width, height}` in `image_size`.
        case imageSize = "image_size"
        /// A ratio in `aspect_ratio`.
        case aspectRatio = "aspect_ratio"
        /// One of a few `WxH` in `image_size`.
        case literal
        /// A ratio in `resolution_mode`.
        case resolutionMode = "resolution_mode"
        /// No control, and whatever is sent is ignored.
        case fixed
        /// Whatever is there, for endpoints that nothing is known of.
        case any
    }

    /// The kinds of file object in fal's outputs.
    enum Item: String, Sendable {
        /// `url`, `width`, `height`, `content_type`.
        case image
        /// `url`, `content_type`, `file_name`, `file_size`, with width and height null.
        case imageFile = "image_file"
        /// The same without width and height.
        case file
    }

    enum BillingUnit: String, Sendable {
        case images
        /// 1,048,576 pixels, rounded up per picture.
        case megapixels
        case computeSeconds = "compute seconds"
    }

    /// Limits of a `{width, height}`; fal's own where a model narrows nothing.
    struct Bounds: Sendable {
        var edge = 1...14_142
        var pixels = 1...(14_142 * 14_142)
        var multiple = 1
        /// The longer edge over the shorter; nil is without bound.
        var ratio: Int?
    }

    let required: [String]
    /// Parameters that take pictures.
    let pictureFields: [String]
    let promptLimit: Int?
    let sizeStyle: SizeStyle
    /// What the size field may say, beside the presets for `imageSize`.
    let sizes: [String]
    /// What a request without a size gets: a preset, a ratio or `WxH`.
    let defaultSize: String?
    /// `aspect_ratio` takes any `W:H`.
    let takesAnyRatio: Bool
    let resolutions: [String]
    /// The edge of a square picture, for ratios.
    let edge: Int
    let bounds: Bounds
    /// nil when the endpoint has no `num_images` and makes one picture a call.
    let maximumImages: Int?
    /// Empty when the caller has no choice.
    let formats: [String]
    let formatField: String
    let format: ImageFormat
    let hasSyncMode: Bool
    let item: Item
    /// One `image` instead of a list of `images`.
    let isSingle: Bool
    /// Members of the output beside the pictures.
    let outputFields: [String]
    let enums: [(field: String, values: [String])]
    let ranges: [(field: String, bounds: ClosedRange<Double>)]
    /// A value of a field that makes a picture count for more or less; `*` at the end fits any rest.
    let weights: [(field: String, value: String, weight: Units)]
    let tariff: Tariff
    /// Of one unit; nil when no price is known.
    let price: UnitPrice?
    let unit: BillingUnit
    /// How long it usually takes.
    let seconds: ClosedRange<Double>

    /// - Parameter row: of the model table. What it leaves out is what most endpoints have.
    private init(row: JSONValue) {
        required = row["required"]?.strings ?? ["prompt"]
        let schema = row["id"]?.stringValue.flatMap { EndpointSchema.table[$0] }
        pictureFields = schema?.images ?? required.filter { $0.hasSuffix("_url") || $0.hasSuffix("_urls") }
        promptLimit = row["prompt_limit"]?.intValue
        sizeStyle = row["size"]?.stringValue.flatMap(SizeStyle.init) ?? .fixed
        sizes = row["sizes"]?.strings ?? row["also"]?.strings ?? []
        defaultSize = row["default"]?.stringValue
        takesAnyRatio = row["free"]?.boolValue ?? false
        resolutions = row["resolutions"]?.strings ?? []
        edge = row["edge_of_ratio"]?.intValue ?? 1024
        bounds = Bounds(row: row)
        maximumImages = row["n"]?.intValue
        formats = row["formats"]?.strings ?? []
        formatField = row["format_field"]?.stringValue ?? "output_format"
        format = row["format"]?.stringValue.flatMap(ImageFormat.init(rawValue:)) ?? .jpeg
        hasSyncMode = row["sync"]?.boolValue ?? false
        item = row["item"]?.stringValue.flatMap(Item.init) ?? .image
        isSingle = row["single"]?.boolValue ?? false
        outputFields = row["fields"]?.strings ?? []
        enums = row["enums"]?.members.map { ($0.key, $0.value.strings ?? []) } ?? []
        ranges = row["ranges"]?.members.compactMap { member in member.value.range.map { (member.key, $0) } } ?? []
        weights = row["weights"]?.members.flatMap { field, values in
            values.members.compactMap { value, weight in
                weight.stringValue.flatMap(Units.init(decimal:)).map { (field, value, $0) }
            }
        } ?? []
        tariff = Tariff(row: row)
        price = row["price"]?.stringValue.flatMap(UnitPrice.init(dollars:))
        unit = row["unit"]?.stringValue.flatMap(BillingUnit.init) ?? .images
        seconds = row["seconds"]?.range ?? 3...6
    }
}

extension EndpointModel {
    /// What is known of an endpoint; nothing much for one that is not in the table.
    static func of(_ endpoint: Endpoint) -> EndpointModel { table[endpoint.id] ?? generic }

    /// Takes what any endpoint takes and delivers pictures.
    static let generic = EndpointModel(row: [
        "required": [], "size": "any", "n": 10, "formats": ["jpeg", "png", "webp", "svg"], "sync": true,
        "fields": ["seed", "timings", "prompt", "has_nsfw_concepts"],
    ])

    /// All models of `ModelTable` and those beside it, by endpoint id.
    static let table: [String: EndpointModel] = {
        var table: [String: EndpointModel] = [:]
        for line in (ModelTable.rows + "\n" + ModelTable.unlisted).split(separator: "\n") {
            guard let row = try? JSON.parse(String(line)), let id = row["id"]?.stringValue else {
                preconditionFailure("row without meaning in the model table: \(line)")
            }
            table[id] = EndpointModel(row: row)
        }
        return table
    }()
}

extension EndpointModel.Bounds {
    fileprivate init(row: JSONValue) {
        edge = row["edge"]?.range.map { Int($0.lowerBound)...Int($0.upperBound) } ?? edge
        pixels = row["pixels"]?.range.map { Int($0.lowerBound)...Int($0.upperBound) } ?? pixels
        multiple = row["multiple"]?.intValue ?? 1
        ratio = row["ratio"]?.intValue
    }
}

extension JSONValue {
    /// The elements of an array of strings; nil when it is none.
    var strings: [String]? {
        guard let elements = arrayValue else { return nil }
        let texts = elements.compactMap(\.stringValue)
        return texts.count == elements.count ? texts : nil
    }

    /// An array of two numbers, the smaller first.
    var range: ClosedRange<Double>? {
        guard let numbers = arrayValue?.compactMap(\.doubleValue), numbers.count == 2, numbers[0] <= numbers[1]
        else { return nil }
        return numbers[0]...numbers[1]
    }

    /// Of an object; empty for all else.
    var members: [JSONObject.Member] { objectValue?.members ?? [] }
}
