import JSON

@testable import Fal

/// `docs/models.md`: every description of the table, for people.
struct ModelDocument {
    let profiles: [EndpointProfile]

    var text: String {
        var text = """
            # Models

            What is known of fal's endpoints: how each takes its size, how many images one job makes, what it costs. Any other
            endpoint works too; its parameters go through as they are. `GET /v1/models/{id}` tells the same of a model as it
            is configured.

            `n` works everywhere: what one job cannot make becomes several, up to `max_images_per_request`. `response_format`
            works everywhere, too. Where the last column says *assumed*, the price or the limit has no reliable source; the
            section of the endpoint names what.

            | endpoint | size by | images a job | formats | price in dollars | |
            |---|---|---|---|---|---|

            """
        for profile in profiles { text += ModelSection(profile).indexRow }
        for profile in profiles { text += "\n" + ModelSection(profile).text }
        return text
    }
}

/// One endpoint of the document, from its description alone.
struct ModelSection {
    private let id: String
    private let described: JSONValue

    init(_ profile: EndpointProfile) {
        id = profile.endpoint.id
        described = .object(profile.described(price: profile.price))
    }

    /// The heading's anchor as GitHub makes it: lower case, without anything but letters, digits, `-` and `_`.
    private var anchor: String {
        id.lowercased().filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
    }

    var indexRow: String {
        let assumed = texts("unknown").isEmpty ? "" : "assumed"
        let by = described["size"]?["by"]?.stringValue ?? "none"
        return "| [`\(id)`](#\(anchor)) | \(by) | \(perCall) | \(formats) | \(price) | \(assumed) |\n"
    }

    var text: String {
        var lines = ["## \(id)", ""]
        lines.append("\(string("task")). \(price.first?.isNumber == true ? "$" : "")\(price).")
        lines.append("Price from: \(described["price"]?["source"]?.stringValue ?? "nowhere"), \(described["price"]?["date"]?.stringValue ?? "undated").")
        lines.append("Images a job: \(perCall)\(basis).")
        lines.append("Formats: \(formats). `b64_json`: \(string("b64_json")).")
        lines.append("")
        lines += sizes
        if !inputs.isEmpty { lines += ["Takes images: \(inputs).", ""] }
        if let editor = described["edit_endpoint"]?.stringValue, editor != id { lines += ["Images are edited by `\(editor)`.", ""] }
        let wishes = (described["openai_parameters"]?.objectValue?.members ?? []).filter { member in
            ["quality", "style", "background", "output_compression", "moderation"].contains(member.key) && !member.value.isNull
        }
        for wish in wishes { lines.append("- `\(wish.key)` becomes \(wish.value.stringValue ?? "")") }
        lines += parameters
        for note in texts("notes") { lines.append("- \(note)") }
        if !texts("unknown").isEmpty { lines.append("- assumed: \(texts("unknown").joined(separator: ", "))") }
        while lines.last == "" { lines.removeLast() }
        return lines.joined(separator: "\n") + "\n"
    }

    // MARK: Parts

    private var perCall: String { described["images"]?["per_call"]?.intValue.map(String.init) ?? "any" }

    /// How well the number is known.
    private var basis: String {
        switch string("images", "basis") {
        case "documented": ""
        case "secondary": ", by somebody else than fal"
        case "inferred": ", as its siblings make"
        default: ", assumed"
        }
    }

    private var formats: String {
        let values = described["formats"]?["values"]?.arrayValue?.compactMap(\.stringValue) ?? []
        return values.isEmpty ? "the model's" : values.joined(separator: ", ")
    }

    private var inputs: String {
        (described["image_inputs"]?.objectValue?.members ?? []).map { input in
            let most = input.value["maximum"]?.intValue.flatMap { $0 > 1 ? " (up to \($0))" : nil } ?? ""
            return "`\(input.key)`" + most + (input.value["required"]?.boolValue == true ? "" : " (optional)")
        }.joined(separator: ", ")
    }

    /// What is sent for OpenAI's sizes, a row a parameter, and what comes of it.
    private var sizes: [String] {
        guard let sizes = described["size"]?["openai_sizes"]?.objectValue else { return [] }
        var parameters: [String] = []
        for (_, size) in sizes.members {
            for name in size["sent"]?.objectValue?.keys ?? [] where !parameters.contains(name) { parameters.append(name) }
        }
        guard !parameters.isEmpty else { return ["Takes no size.", ""] }
        var lines = ["Size: \(string("size", "takes")). Without one: \(described["size"]?["default"]?.stringValue ?? "the model's choice").", ""]
        lines.append("| `size` | " + sizes.keys.joined(separator: " | ") + " |")
        lines.append("|---" + String(repeating: "|---", count: sizes.count) + "|")
        for name in parameters {
            lines.append("| `\(name)` | " + sizes.members.map { Self.cell($0.value["sent"]?[name]) }.joined(separator: " | ") + " |")
        }
        let made = sizes.members.map { ($0.value["makes"]?.stringValue ?? "") + ($0.value["same_shape"] == false ? " *" : "") }
        lines.append("| makes | " + made.joined(separator: " | ") + " |")
        if made.contains(where: { $0.hasSuffix("*") }) { lines += ["", "\\* the nearest; `size_policy: exact` refuses it."] }
        return lines + [""]
    }

    private static func cell(_ value: JSONValue?) -> String {
        guard let value else { return "" }
        if let width = value["width"]?.intValue, let height = value["height"]?.intValue { return "\(width)x\(height)" }
        return value.stringValue ?? ""
    }

    /// Parameters of fal's own, without those the tables above have.
    private var parameters: [String] {
        let shown: Set<String> = Set(
            ["prompt", "seed", "sync_mode", string("images", "parameter"), string("formats", "parameter"), "image_size",
                "aspect_ratio", "resolution", "resolution_mode"] + (described["image_inputs"]?.objectValue?.keys ?? []))
        let members = (described["fal_parameters"]?.objectValue?.members ?? []).filter { !shown.contains($0.key) }
        guard !members.isEmpty else { return [] }
        return ["- fal's own: " + members.map { "`\($0.key)`" + Self.choice($0.value) }.joined(separator: ", ")]
    }

    private static func choice(_ value: JSONValue) -> String {
        if let range = value["range"] { return " \(range[0]?.description ?? "") to \(range[1]?.description ?? "")" }
        guard let values = value["values"]?.arrayValue?.compactMap(\.stringValue) else { return "" }
        let standard = value["default"]?.stringValue
        return " (" + values.map { $0 == standard ? "**\($0)**" : $0 }.joined(separator: ", ") + ")"
    }

    private var price: String {
        guard let price = described["price"] else { return "unknown" }
        let unit = price["unit"]?.stringValue ?? "unknown"
        var text: String
        if let usd = price["usd"]?.stringValue {
            text = "\(usd) a\(unit.first == "i" ? "n" : "") \(unit)"
            if let further = price["further_usd"]?.stringValue { text += ", \(further) from the second" }
        } else if let rates = price["rates"]?.objectValue {
            text = rates.members.map { "`\($0.key)` \(Self.rate($0.value))" }.joined(separator: ", ")
            text += " an image, by `\(price["by"]?.stringValue ?? "")`"
        } else {
            text = unit == "unknown" ? "unknown" : "unknown, by the \(unit)"
        }
        for (name, usd) in price["surcharges"]?.objectValue?.members ?? [] { text += "; `\(name)` \(usd.stringValue ?? "") more" }
        if let step = price["rounded_up_to"]?.stringValue { text += "; a job rounded up to \(step)" }
        return text
    }

    /// Of a table by size the cheapest and the dearest.
    private static func rate(_ value: JSONValue) -> String {
        if let usd = value.stringValue { return usd }
        let all = (value.objectValue?.members ?? []).compactMap { $0.value.stringValue }
            .sorted { (Double($0) ?? 0) < (Double($1) ?? 0) }
        guard let least = all.first, let most = all.last else { return "" }
        return least == most ? least : "\(least) to \(most)"
    }

    private func string(_ path: String...) -> String {
        path.reduce(described) { $0[$1] ?? .null }.stringValue ?? ""
    }

    private func texts(_ name: String) -> [String] { described[name]?.arrayValue?.compactMap(\.stringValue) ?? [] }
}
