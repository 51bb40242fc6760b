import JSON
package import Money

/// What an endpoint costs, and where that is known from.
///
/// Two questions are answered, before a job and after it. For an honest answer of fal's, images no
/// larger and no more than asked for, the second amount is never above the first.
package struct Price: Sendable, Hashable {
    package let rule: PriceRule
    /// What comes on top of every image while a parameter is `true`.
    package let surcharges: [Surcharge]
    /// fal rounds the bill of a call up to a multiple of this.
    package let step: Nanodollars?
    /// What one of the units in `X-Fal-Billable-Units` costs; `nil` where it is not known which
    /// unit fal counts in, as for tiers.
    package let billableUnit: UnitPrice?
    package let source: String
    /// When the source was read, as `2026-11` or `2026-08-05`.
    package let date: String

    package struct Surcharge: Sendable, Hashable {
        package let parameter: String
        package let price: UnitPrice
    }

    package static let unknown = Price(rule: .unknown(unit: "unknown"), source: "", date: "")

    package init(
        rule: PriceRule,
        surcharges: [Surcharge] = [],
        step: Nanodollars? = nil,
        billableUnit: UnitPrice? = nil,
        source: String,
        date: String
    ) {
        self.rule = rule
        self.surcharges = surcharges
        self.step = step
        self.billableUnit = billableUnit
        self.source = source
        self.date = date
    }

    /// A price the operator has set for each image. It settles by fal's count only where fal counts
    /// images, too: megapixels times a price per image would be nonsense.
    package func replaced(perImage price: UnitPrice) -> Price {
        let countsImages = if case .perImage = rule { true } else { false }
        return Price(
            rule: .perImage(price), billableUnit: countsImages ? price : nil, source: "configuration", date: "")
    }

    /// A price the operator has set for each pixel. As LiteLLM does, and fal, images are rounded up
    /// to whole megapixels.
    package func replaced(perPixel price: UnitPrice) -> Price {
        Price(rule: .perPixel(price), source: "configuration", date: "")
    }

    /// Prices the operator has set for images of some resolutions. The others keep the price they
    /// had, where that is one for every image or goes by resolution as well; where it is not, they
    /// cost what the dearest costs.
    package func replaced(perImageAtResolution prices: [String: UnitPrice]) -> Price {
        let set = prices.keys.sorted().compactMap { name in
            prices[name].map { PriceTable.Rate(pattern: name, rows: [PriceTable.Row(size: nil, price: $0)]) }
        }
        var others: [PriceTable.Rate] = []
        var (standard, kept) = ("1K", [Surcharge]())
        switch rule {
        case .table(let table) where table.parameter == ResolutionRule.parameter:
            (others, standard, kept) = (table.rates, table.defaultValue, surcharges)
        case .perImage(let price):
            others = [PriceTable.Rate(pattern: "*", rows: [PriceTable.Row(size: nil, price: price)])]
        case .table, .unknown, .perMegapixel, .perPixel: break
        }
        let table = PriceTable(
            parameter: ResolutionRule.parameter, defaultValue: standard, automatic: nil, rates: set + others)
        return Price(rule: .table(table), surcharges: kept, source: "configuration", date: "")
    }

    package var isKnown: Bool {
        if case .unknown = rule { false } else { true }
    }

    /// The most a call can cost: what has to be reserved before it is submitted.
    ///
    /// - Returns: `nil` when the price is unknown.
    package func maximumCost(of call: FalCall) -> Nanodollars? {
        guard let image = rule.largestCost(of: call.pixels, input: call.input) else { return nil }
        return total(of: image.timesUpToMaximum(call.maximumImages), for: call.maximumImages, input: call.input)
    }

    /// What the images that a call delivered cost.
    ///
    /// - Parameter billableUnits: fal's own count, where it sent one and its unit is known, decides.
    /// - Returns: `nil` when the price is unknown.
    package func cost(of output: FalOutput, for call: FalCall, billableUnits: DecimalQuantity?) -> Cost? {
        guard isKnown || billableUnit != nil else { return nil }
        if let billed = cost(billableUnits: billableUnits) { return billed }
        guard isKnown else { return nil }
        var images = output.images.compactMap { image in
            rule.usualCost(of: image.size.map(PixelBound.exactly) ?? call.pixels, input: call.input)
        }
        for _ in 0..<output.unreadable {
            if let cost = rule.usualCost(of: call.pixels, input: call.input) { images.append(cost) }
        }
        let sum = images.reduce(Nanodollars.zero) { $0.addingUpToMaximum($1) }
        return Cost(amount: total(of: sum, for: images.count, input: call.input), basis: .estimated)
    }

    /// What fal has billed, for a job that failed as well: a failure with units was paid for.
    ///
    /// - Returns: `nil` when fal sent no count or its unit is not known. Zero units are always free.
    package func cost(billableUnits: DecimalQuantity?) -> Cost? {
        guard let units = billableUnits, !units.isNegative else { return nil }
        if units.isZero { return Cost(amount: .zero, basis: .billed) }
        guard let amount = billableUnit?.times(units) else { return nil }
        return Cost(amount: amount, basis: .billed)
    }

    /// What a job cost that failed and was billed all the same.
    ///
    /// - Parameter units: fal's own count. Where its unit is not known the images count that were asked for.
    /// - Returns: `nil` when the price is unknown.
    package func cost(ofFailed call: FalCall, billableUnits units: DecimalQuantity) -> Cost? {
        if let billed = cost(billableUnits: units) { return billed }
        guard let image = rule.usualCost(of: call.pixels, input: call.input) else { return nil }
        let images = image.timesUpToMaximum(call.imageCount)
        return Cost(amount: total(of: images, for: call.imageCount, input: call.input), basis: .estimated)
    }

    /// - Parameter images: what `count` images cost together, without what comes on top of each.
    private func total(of images: Nanodollars, for count: Int, input: JSONObject) -> Nanodollars {
        let each = surcharges
            .filter { input[$0.parameter]?.boolValue == true }
            .reduce(Nanodollars.zero) { $0.addingUpToMaximum($1.price.times(1) ?? .maximum) }
        let sum = images.addingUpToMaximum(each.timesUpToMaximum(count))
        guard let step, step > .zero, sum.rawValue % step.rawValue != 0 else { return sum }
        let whole = Nanodollars(rawValue: sum.rawValue / step.rawValue * step.rawValue)
        return whole.addingUpToMaximum(step)
    }
}

/// An amount, and how it is known.
package struct Cost: Sendable, Hashable {
    package let amount: Nanodollars
    package let basis: Basis

    package enum Basis: String, Sendable, Hashable {
        /// fal's own count of units times their price.
        case billed
        /// Our reading of fal's price rule.
        case estimated
    }

    package init(amount: Nanodollars, basis: Basis) {
        self.amount = amount
        self.basis = basis
    }
}

extension Nanodollars {
    /// Where a sum leaves the range it stays at the end: a price set too high must refuse requests,
    /// not stop the process.
    static let maximum = Nanodollars(rawValue: .max)

    func addingUpToMaximum(_ other: Nanodollars) -> Nanodollars { adding(other) ?? .maximum }

    func timesUpToMaximum(_ count: Int) -> Nanodollars { times(count) ?? .maximum }
}
