import JSON
package import Money

/// How fal counts.
package enum PriceRule: Sendable, Hashable {
    /// The unit may be known (`compute second`), the amount is not.
    case unknown(unit: String)
    case perImage(UnitPrice)
    /// Every image is rounded up to whole megapixels; the first may cost more than further ones.
    case perMegapixel(first: UnitPrice, further: UnitPrice)
    /// As per megapixel, but written as the price of a pixel.
    case perPixel(UnitPrice)
    case table(PriceTable)

    /// fal does not say whether its megapixel is 10^6 or 2^20 pixels. LiteLLM's price of a pixel and
    /// one megapixel billed for 1024x1024 speak for the latter.
    package static let megapixel = 1_048_576

    /// The most an image can cost; `nil` when unknown.
    func largestCost(of pixels: PixelBound, input: JSONObject) -> Nanodollars? {
        if case .table(let table) = self { return table.largestCost(of: pixels, input: input) }
        return flatCost(of: pixels)
    }

    /// What an image costs as a rule; differs from the largest cost where the model chooses a tier.
    func usualCost(of pixels: PixelBound, input: JSONObject) -> Nanodollars? {
        if case .table(let table) = self { return table.usualCost(of: pixels, input: input) }
        return flatCost(of: pixels)
    }

    private func flatCost(of pixels: PixelBound) -> Nanodollars? {
        switch self {
        case .unknown, .table: nil
        case .perImage(let price): price.times(1) ?? .maximum
        case .perPixel(let price): price.times(Self.megapixels(pixels) * Self.megapixel) ?? .maximum
        case .perMegapixel(let first, let further):
            (first.times(1) ?? .maximum)
                .addingUpToMaximum(further.times(Self.megapixels(pixels) - 1) ?? .maximum)
        }
    }

    private static func megapixels(_ pixels: PixelBound) -> Int {
        max(1, (pixels.largest + megapixel - 1) / megapixel)
    }
}

/// What is known of an image's size before it exists.
package enum PixelBound: Sendable, Hashable {
    case exactly(PixelSize)
    /// The model chooses; no more pixels than this.
    case atMost(Int)

    package var largest: Int {
        switch self {
        case .exactly(let size): size.pixelCount
        case .atMost(let count): count
        }
    }
}

/// Prices that depend on a parameter, and for some models on the size, too.
package struct PriceTable: Sendable, Hashable {
    package let parameter: String
    /// What the model takes when the parameter is not sent.
    package let defaultValue: String
    /// Which value `auto` is usually worth; `nil` when the parameter knows no `auto`.
    package let automatic: String?
    package let rates: [Rate]

    /// The price of an image for some values of the parameter.
    package struct Rate: Sendable, Hashable {
        /// A value, or the beginning of values with a `*` behind it. The first rate that fits counts.
        package let pattern: String
        package let rows: [Row]

        /// ASCII case makes no difference: an operator writes `2k` where fal has `2K`, and no endpoint has both.
        func fits(_ value: String) -> Bool {
            guard pattern.utf8.last == UInt8(ascii: "*") else {
                return value.utf8.elementsEqual(pattern.utf8) { $0.lowercased == $1.lowercased }
            }
            return value.hasPrefix(pattern.dropLast())
        }
    }

    package struct Row: Sendable, Hashable {
        /// `nil` when the size makes no difference.
        package let size: PixelSize?
        package let price: UnitPrice
    }

    private static let automaticValue = "auto"

    func largestCost(of pixels: PixelBound, input: JSONObject) -> Nanodollars? {
        guard let value = value(in: input), value != Self.automaticValue, let rate = rate(for: value) else {
            return rates.compactMap { Self.cost($0, pixels) }.max()
        }
        return Self.cost(rate, pixels)
    }

    func usualCost(of pixels: PixelBound, input: JSONObject) -> Nanodollars? {
        let value = value(in: input)
        let meant = value == Self.automaticValue ? automatic ?? value : value
        guard let meant, let rate = rate(for: meant) else { return largestCost(of: pixels, input: input) }
        return Self.cost(rate, pixels)
    }

    /// The value that will count; `nil` when the one sent is no string.
    private func value(in input: JSONObject) -> String? {
        guard let sent = input[parameter], !sent.isNull else { return defaultValue }
        return sent.stringValue
    }

    private func rate(for value: String) -> Rate? { rates.first { $0.fits(value) } }

    /// The row nearest in pixels, and among equals in shape; the dearest where the size is open.
    private static func cost(_ rate: Rate, _ pixels: PixelBound) -> Nanodollars? {
        guard case .exactly(let size) = pixels, rate.rows.contains(where: { $0.size != nil }) else {
            return rate.rows.map { $0.price.times(1) ?? .maximum }.max()
        }
        let gap = { (row: Row) in row.size.map { abs($0.pixelCount - size.pixelCount) } ?? .max }
        let least = rate.rows.map(gap).min()
        let nearest = rate.rows.filter { gap($0) == least }.nearest { $0.size?.ratio.distance(to: size.ratio) ?? 0 }
        return nearest.map { $0.price.times(1) ?? .maximum }
    }
}

extension UInt8 {
    fileprivate var lowercased: UInt8 { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self }
}
