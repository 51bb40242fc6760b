package import JSON
package import Money

extension Price {
    /// The rule with its source and date. `usd` is null where no amount is known or a table has them.
    package var described: JSONObject {
        var result = rule.described
        if !surcharges.isEmpty {
            result["surcharges"] = .object(
                JSONObject(members: surcharges.map { ($0.parameter, .string($0.price.dollars)) }))
        }
        if let step { result["rounded_up_to"] = .string(step.dollars) }
        result["source"] = source.isEmpty ? .null : .string(source)
        result["date"] = date.isEmpty ? .null : .string(date)
        return result
    }

    /// The price of an image where it is the same for all; `nil` for every other rule.
    package var perImage: UnitPrice? {
        if case .perImage(let price) = rule { price } else { nil }
    }

    /// The prices of an image by its `resolution`; empty for every other rule.
    package var perResolution: [(resolution: String, price: UnitPrice)] {
        guard case .table(let table) = rule, table.parameter == ResolutionRule.parameter else { return [] }
        var prices: [(resolution: String, price: UnitPrice)] = []
        for rate in table.rates where !prices.contains(where: { $0.resolution == rate.pattern }) {
            if let row = rate.rows.first, rate.pattern != "*" { prices.append((rate.pattern, row.price)) }
        }
        return prices
    }

    /// The price of a pixel where images are counted in pixels; `nil` for every other rule.
    package var perPixel: UnitPrice? {
        if case .perPixel(let price) = rule { price } else { nil }
    }
}

extension PriceRule {
    fileprivate var described: JSONObject {
        switch self {
        case .unknown(let unit): ["unit": .string(unit), "usd": nil]
        case .perImage(let price): ["unit": "image", "usd": .string(price.dollars)]
        case .perPixel(let price): ["unit": "pixel", "usd": .string(price.dollars)]
        case .perMegapixel(let first, let further): Self.described(megapixel: first, further)
        case .table(let table): table.described
        }
    }

    private static func described(megapixel first: UnitPrice, _ further: UnitPrice) -> JSONObject {
        var result: JSONObject = ["unit": "megapixel", "usd": .string(first.dollars)]
        if further != first { result["further_usd"] = .string(further.dollars) }
        result["pixels"] = .integer(PriceRule.megapixel)
        return result
    }
}

extension PriceTable {
    fileprivate var described: JSONObject {
        [
            "unit": "image", "usd": nil, "by": .string(parameter), "default": .string(defaultValue),
            "rates": .object(describedRates),
        ]
    }
}

extension PriceTable {
    /// Of two rates for one value the first counts.
    private var describedRates: JSONObject {
        var result = JSONObject()
        for rate in rates where !result.contains(rate.pattern) { result[rate.pattern] = rate.described }
        return result
    }
}

extension PriceTable.Rate {
    fileprivate var described: JSONValue {
        if let row = rows.first, rows.count == 1, row.size == nil { return .string(row.price.dollars) }
        return .object(
            JSONObject(members: rows.map { ($0.size?.description ?? "*", .string($0.price.dollars)) }))
    }
}
