import JSON

/// How the images of a request are spread over calls.
struct Batches: Equatable {
    /// Images of each call; never empty.
    let sizes: [Int]
    /// What carries the number; `nil` where it is not sent.
    let parameter: String?
    /// How many times as many images the model may deliver.
    let multiplier: Int

    /// What nearly every model calls it. Understood for models without such a parameter, too, so that
    /// a configuration can change models by changing one word.
    static let usualParameter = "num_images"

    /// - Throws: `.tooManyCalls`, before anything of that size is made: the numbers are the caller's.
    init(rule: CountRule, count: Int?, extra: JSONObject) throws(PlanRefusal) {
        switch rule {
        case .single:
            let wanted = Self.number(extra[Self.usualParameter]) ?? count ?? 1
            sizes = try Self.split(max(1, wanted), atMost: 1)
            parameter = nil
            multiplier = 1
        case .parameter(let name, let maximum, _, let multiplierName):
            multiplier = max(1, multiplierName.flatMap { Self.number(extra[$0]) } ?? 1)
            if let value = extra[name], !value.isNull {
                // fal's own parameter is fal's to judge, an impossible number included. Only where it
                // can be read as a number is it a count.
                sizes = [max(1, Self.number(value) ?? 1)]
                parameter = nil
            } else {
                sizes = try Self.split(max(1, count ?? 1), atMost: maximum ?? .max)
                parameter = count == nil ? nil : name
            }
        }
    }

    private static func split(_ count: Int, atMost maximum: Int) throws(PlanRefusal) -> [Int] {
        let (whole, rest) = count.quotientAndRemainder(dividingBy: maximum)
        let most = EndpointProfile.maximumCalls
        guard whole < most || whole == most && rest == 0 else { throw .tooManyCalls(most: most) }
        return Array(repeating: maximum, count: whole) + (rest == 0 ? [] : [rest])
    }

    /// Whole numbers in every form that fal's validation accepts: 2, 2.0, "2".
    private static func number(_ value: JSONValue?) -> Int? {
        value?.intValue ?? value?.doubleValue.flatMap(Int.init(exactly:)) ?? value?.stringValue.flatMap { Int($0) }
    }
}
