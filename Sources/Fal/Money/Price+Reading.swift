import JSON
import Money

// price: always source and date, and one of
//
//   per: image, usd                                    the same for every image
//   per: megapixel, usd, further                       each image rounded up; further: from the second
//   per: image, by, default, auto, rates, surcharges   rates: value -> usd, or value -> size -> usd
//   per: anything, usd: null                           not known
//
// step: the bill of a call is rounded up to a multiple. Amounts are strings: a JSON number would
// invite a float on the way.
extension Price {
    init(reading reader: RowReader?) throws(ProfileError) {
        guard var reader else {
            self = .unknown
            return
        }
        let unit = try reader.requiredText("per")
        let usd = try reader.price("usd")
        let further = try reader.price("further")
        let rule: PriceRule
        if let table = try PriceTable(reading: &reader) {
            rule = .table(table)
        } else if let usd, unit == "image" {
            rule = .perImage(usd)
        } else if let usd, unit == "megapixel" {
            rule = .perMegapixel(first: usd, further: further ?? usd)
        } else if usd == nil {
            rule = .unknown(unit: unit)
        } else {
            throw reader.failure("per", "'\(unit)' is no unit that can be counted")
        }
        var surcharges: [Surcharge] = []
        for (parameter, value) in try reader.members("surcharges") {
            surcharges.append(Surcharge(parameter: parameter, price: try reader.price(value, "surcharges")))
        }
        self.init(
            rule: rule, surcharges: surcharges,
            step: try reader.text("step").flatMap { Nanodollars(dollars: $0) },
            billableUnit: further == nil ? usd : nil,
            source: try reader.requiredText("source"), date: try reader.requiredText("date"))
        try reader.finish()
    }
}

extension PriceTable {
    fileprivate init?(reading reader: inout RowReader) throws(ProfileError) {
        guard let by = try reader.text("by") else { return nil }
        parameter = by
        defaultValue = try reader.requiredText("default")
        automatic = try reader.text("auto")
        var rates: [Rate] = []
        for (pattern, value) in try reader.members("rates") {
            rates.append(Rate(pattern: pattern, rows: try Self.rows(value, reader)))
        }
        self.rates = rates
        guard !rates.isEmpty else { throw reader.failure("rates", "are missing") }
    }

    private static func rows(_ value: JSONValue, _ reader: RowReader) throws(ProfileError) -> [Row] {
        guard let sizes = value.objectValue else {
            return [Row(size: nil, price: try reader.price(value, "rates"))]
        }
        var rows: [Row] = []
        for (name, price) in sizes.members {
            guard let size = PixelSize(name) else { throw reader.failure("rates", "'\(name)' is no size") }
            rows.append(Row(size: size, price: try reader.price(price, "rates")))
        }
        return rows
    }
}

extension RowReader {
    fileprivate mutating func price(_ key: String) throws(ProfileError) -> UnitPrice? {
        guard let value = value(key) else { return nil }
        return try price(value, key)
    }

    fileprivate func price(_ value: JSONValue, _ key: String) throws(ProfileError) -> UnitPrice {
        guard let text = value.stringValue, let price = UnitPrice(dollars: text) else {
            throw failure(key, "is not an amount of dollars in quotes")
        }
        return price
    }
}
