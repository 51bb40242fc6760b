import JSON

/// JSON text with large pieces in between that stay where they are.
struct SegmentedBody {
    private var segments: [ArraySlice<UInt8>] = []
    private var current: [UInt8] = []

    init() {
        // Most answers fit: one allocation instead of several.
        current.reserveCapacity(1024)
    }

    /// Text that is JSON already.
    mutating func append(json: String) {
        JSON.append(json, to: &current)
    }

    /// A JSON string, or `null`.
    mutating func append(text: String?) {
        guard let text else { return append(json: "null") }
        JSON.write(text, into: &current)
    }

    /// A number, not negative.
    mutating func append(number: Int) {
        if number >= 10 { append(number: number / 10) }
        current.append(UInt8(truncatingIfNeeded: 0x30 + number % 10))
    }

    mutating func append(object: JSONObject) {
        JSONValue.object(object).write(into: &current)
    }

    /// Bytes that become a segment of their own, without a copy.
    mutating func append(whole bytes: ArraySlice<UInt8>) {
        segments.append(current[...])
        segments.append(bytes)
        current = []
    }

    func finished() -> [ArraySlice<UInt8>] {
        segments + [current[...]]
    }
}
