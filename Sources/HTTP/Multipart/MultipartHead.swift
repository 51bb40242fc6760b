/// The headers of one part. RFC 7578, section 4.
struct MultipartHead {
    let name: String
    let filename: String?
    let contentType: String?

    /// - Parameter lines: without their ends, none of them empty.
    init(_ lines: [ArraySlice<UInt8>], part: Int, limits: MultipartLimits) throws(MultipartError) {
        var values: [String: ArraySlice<UInt8>] = [:]
        for line in lines {
            guard let (name, value) = MultipartHead.field(line), values.updateValue(value, forKey: name) == nil else {
                throw .badHeader(part: part)
            }
        }
        if let encoding = values["content-transfer-encoding"] {
            let identities: Set = ["7bit", "8bit", "binary"]
            guard identities.contains(String(decoding: encoding, as: UTF8.self).lowercased()) else {
                throw .encodedPart(part: part)
            }
        }
        guard let line = values["content-disposition"] else { throw .noName(part: part) }
        guard let disposition = HeaderParameters(line) else { throw .badHeader(part: part) }
        guard disposition.value == "form-data", let bytes = disposition["name"], !bytes.isEmpty else {
            throw .noName(part: part)
        }
        guard bytes.count <= limits.nameBytes else { throw .nameTooLong(part: part, mostBytes: limits.nameBytes) }
        guard let name = String(validating: bytes, as: UTF8.self) else { throw .badHeader(part: part) }
        self.name = name
        filename = try MultipartHead.filename(disposition, part: part)
        contentType = values["content-type"].map { String(decoding: $0, as: UTF8.self) }
    }

    /// `name: value`, the name in lower case. A line that begins with a blank would continue the one
    /// before it, which RFC 7578 knows nothing of; it has no name and is refused like any other.
    private static func field(_ line: ArraySlice<UInt8>) -> (name: String, value: ArraySlice<UInt8>)? {
        guard let colon = line.firstIndex(of: Octet.colon) else { return nil }
        let name = line[..<colon]
        guard !name.isEmpty, name.allSatisfy({ ByteClass.contains($0, .token) }) else { return nil }
        var value = line[(colon + 1)...].drop(while: Octet.isBlank)
        while let last = value.last, Octet.isBlank(last) { value.removeLast() }
        guard value.allSatisfy({ ByteClass.contains($0, .fieldValue) }) else { return nil }
        return (String(decoding: name.map(Octet.lowercased), as: UTF8.self), value)
    }

    /// `filename*` must not be sent in a form (RFC 7578, section 4.2), but some libraries do.
    private static func filename(_ disposition: HeaderParameters, part: Int) throws(MultipartError) -> String? {
        guard let extended = disposition["filename*"] else {
            return disposition["filename"].map { String(decoding: $0, as: UTF8.self) }
        }
        guard let name = extendedValue(extended) else { throw .badHeader(part: part) }
        return name
    }

    /// `UTF-8'en'%e2%82%ac.png`: RFC 8187, section 3.2.
    private static func extendedValue(_ value: [UInt8]) -> String? {
        let fields = value.split(separator: UInt8(ascii: "'"), maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count == 3, fields[0].map(Octet.lowercased) == Array("utf-8".utf8) else { return nil }
        var bytes: [UInt8] = []
        var rest = fields[2]
        while let byte = rest.popFirst() {
            guard byte == Octet.percent else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(Octet.hexValue), let low = rest.popFirst().flatMap(Octet.hexValue)
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
