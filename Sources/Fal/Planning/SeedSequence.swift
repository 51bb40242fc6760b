import JSON

/// Seeds for several calls that belong together: with one seed for all of them every call would
/// deliver the same image.
struct SeedSequence {
    private let digits: [UInt8]

    /// - Parameters:
    ///   - value: the seed that was given, if any.
    ///   - standard: the seed of a model that always uses the same one unless told.
    ///   - isNeeded: there is more than one call.
    /// - Returns: `nil` when seeds are to be left as they are: a single call, none given, or
    ///   something else than a natural number (-1 means "random" to some models).
    init?(_ value: JSONValue?, standard: Int?, isNeeded: Bool) {
        guard isNeeded, let lexeme = value?.numberValue?.lexeme ?? standard.map(String.init) else { return nil }
        digits = Array(lexeme.utf8)
        guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
    }

    /// The seed of the call that follows `count` images. Any number of digits: seeds exceed 64 bits.
    func seed(after count: Int) -> JSONValue {
        var sum = digits
        var carry = count
        for index in sum.indices.reversed() where carry > 0 {
            let value = Int(sum[index] - UInt8(ascii: "0")) + carry
            sum[index] = UInt8(ascii: "0") + UInt8(value % 10)
            carry = value / 10
        }
        let text = (carry > 0 ? String(carry) : "") + String(decoding: sum, as: UTF8.self)
        return JSONNumber(lexeme: text).map(JSONValue.number) ?? .integer(count)
    }
}
