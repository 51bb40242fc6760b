import JSON

/// JSON: what is read and written is read again as the same value and written as the same bytes, and
/// the two ways with duplicate keys differ in documents with duplicate keys alone.
func fuzzJSON(_ bytes: [UInt8]) {
    let lenient = try? JSON.parse(bytes, duplicateKeys: .keepLast)
    guard let value = try? JSON.parse(bytes) else {
        if let lenient { roundTrip(lenient, from: bytes) }
        return
    }
    require(lenient == value, "without duplicate keys the last is the only one")
    roundTrip(value, from: bytes)
}

private func roundTrip(_ value: JSONValue, from bytes: [UInt8]) {
    let written = value.serialized()
    // A control byte can be written in six characters alone, and came as six.
    require(written.count <= bytes.count, "compact, but longer than what came")
    let again = try? JSON.parse(written)
    require(again == value, "written, but not read back")
    require(again?.serialized() == written, "written differently the second time")
}
