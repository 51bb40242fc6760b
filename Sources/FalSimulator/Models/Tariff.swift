import JSON

/// A price that a unit's price alone does not say: by the value of a field and for some models by
/// the picture's size, with extras, rounded up.
struct Tariff: Sendable {
    /// What pictures cost by the value of this field; empty where one price holds for all.
    let field: String
    /// What the model takes when the field is missing or `auto`.
    let usual: String
    let rates: [(value: String, prices: [(size: PictureSize?, price: UnitPrice)])]
    /// How much of a megapixel's price each megapixel after a picture's first costs.
    let further: Units
    /// On top of every picture while the field is true.
    let surcharges: [(field: String, price: UnitPrice)]
    /// A call's amount is rounded up to a multiple of this, in billionths of a dollar; 1 is exact.
    let step: Int64

    init(row: JSONValue) {
        field = row["rates"]?["field"]?.stringValue ?? ""
        usual = row["rates"]?["usual"]?.stringValue ?? ""
        rates = (row["rates"]?["of"]?.members ?? []).map { value, prices in
            (value, prices.members.compactMap { size, price in
                price.stringValue.flatMap(UnitPrice.init(dollars:)).map { (PictureSize(named: size, edge: 1024), $0) }
            })
        }
        further = row["further"]?.stringValue.flatMap(Units.init(decimal:)) ?? Units(1)
        surcharges = (row["surcharges"]?.members ?? []).compactMap { field, price in
            price.stringValue.flatMap(UnitPrice.init(dollars:)).map { (field, $0) }
        }
        step = row["step"]?.stringValue.flatMap(UnitPrice.init(dollars:))?.nanodollars ?? 1
    }

    /// What one picture of that size costs; nil where the unit's price holds.
    func price(of size: PictureSize, in body: JSONObject) -> UnitPrice? {
        let given = body[field]?.stringValue ?? usual
        let value = given == "auto" ? usual : given
        guard let prices = rates.first(where: { $0.value == value })?.prices else { return nil }
        let pixels = size.width * size.height
        return prices.min { one, other in
            let (gap, otherGap) = (Self.gap(one.size, pixels), Self.gap(other.size, pixels))
            // Of two with as many pixels, the one of the picture's orientation.
            return gap == otherGap ? one.size == size && other.size != size : gap < otherGap
        }?.price
    }

    private static func gap(_ size: PictureSize?, _ pixels: Int) -> Int {
        size.map { abs($0.width * $0.height - pixels) } ?? 0
    }

    /// What a call costs whose pictures cost `sum`.
    func amount(_ sum: Int64, pictures: Int, in body: JSONObject) -> Int64 {
        let extras = surcharges.filter { body[$0.field]?.boolValue == true }
            .reduce(0) { $0 + $1.price.times(Units(pictures)) }
        let exact = sum + extras
        return (exact + step - 1) / step * step
    }
}
