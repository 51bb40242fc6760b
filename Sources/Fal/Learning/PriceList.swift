package import JSON
package import Money

/// One entry of fal's price list.
package struct ListedPrice: Sendable, Hashable {
    package let endpoint: String
    /// fal's word for what it counts: `images`, `megapixels`, `compute seconds`.
    package let unit: String
    package let unitPrice: UnitPrice
    /// When fal said so, as `2026-11-21`.
    package let date: String

    package init(endpoint: String, unit: String, unitPrice: UnitPrice, date: String) {
        self.endpoint = endpoint
        self.unit = unit
        self.unitPrice = unitPrice
        self.date = date
    }
}

/// A page of `GET /v1/models/pricing`.
package struct PriceList: Sendable {
    package let prices: [ListedPrice]
    /// Entries without a price in dollars, by endpoint.
    package let unreadable: [String]
    /// Where the next page begins; `nil` on the last one.
    package let nextCursor: String?

    /// The amount is read from its digits, never as a float.
    ///
    /// - Returns: `nil` when the answer is no price list.
    package init?(_ answer: JSONValue, on day: String) {
        guard let rows = answer["prices"]?.arrayValue else { return nil }
        var prices: [ListedPrice] = []
        var unreadable: [String] = []
        for row in rows {
            guard let endpoint = row["endpoint_id"]?.stringValue, (try? Endpoint(endpoint)) != nil else { continue }
            let amount = row["unit_price"]?.numberValue?.lexeme ?? row["unit_price"]?.stringValue
            guard let price = amount.flatMap(UnitPrice.init(dollars:)), let unit = row["unit"]?.stringValue,
                LearnedProperty.isPlain(unit), row["currency"]?.stringValue ?? "USD" == "USD"
            else {
                unreadable.append(endpoint)
                continue
            }
            prices.append(ListedPrice(endpoint: endpoint, unit: unit, unitPrice: price, date: day))
        }
        self.prices = prices
        self.unreadable = unreadable
        nextCursor = answer["has_more"]?.boolValue == true ? answer["next_cursor"]?.stringValue : nil
    }
}

extension Price {
    /// This price as fal's list has it now.
    ///
    /// fal's list knows one price a unit. It replaces a price per image or megapixel; of tiers,
    /// which it does not know, it only tells what a unit of the bill costs. A unit that cannot be
    /// foreseen (seconds) prices the bill and nothing before it.
    package func replaced(by listed: ListedPrice) -> Price {
        let source = "fal's price list"
        let unit = listed.unit.hasSuffix("s") ? String(listed.unit.dropLast()) : listed.unit
        let fresh: PriceRule? =
            switch (rule, unit) {
            case (.table, _): nil
            case (.perMegapixel(let first, let further), _) where first != further: nil
            case (_, "image"): .perImage(listed.unitPrice)
            case (_, "megapixel"): .perMegapixel(first: listed.unitPrice, further: listed.unitPrice)
            case (.unknown, _): .unknown(unit: unit)
            default: nil
            }
        guard let fresh else {
            return Price(
                rule: rule, surcharges: surcharges, step: step, billableUnit: listed.unitPrice,
                source: "\(self.source); a unit of the bill by \(source)", date: listed.date)
        }
        return Price(rule: fresh, billableUnit: listed.unitPrice, source: source, date: listed.date)
    }
}
