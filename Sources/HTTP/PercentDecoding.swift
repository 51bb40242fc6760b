/// Undoes percent-encoding strictly: `%` and two hexadecimal digits, or a 400. RFC 3986, section 2.1.
enum PercentDecoding {
    /// What a decoded byte may be.
    enum Refusal {
        /// No control bytes: a path that holds one is an attempt to confuse whoever logs or compares it.
        case controls
        /// No NUL, and `+` is a space, as HTML forms encode it. Line breaks are legitimate in values.
        case nullInForm
    }

    /// - Throws: 400 for a bad escape, a refused byte, or bytes that are not UTF-8.
    static func decode(_ bytes: UnsafeBufferPointer<UInt8>, refusing refusal: Refusal) throws(ProtocolError) -> String {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            var byte = bytes[index]
            if byte == Octet.percent {
                guard index + 2 < bytes.count, let high = Octet.hexValue(bytes[index + 1]),
                    let low = Octet.hexValue(bytes[index + 2])
                else { throw .malformed("a bad percent escape in the request target") }
                byte = high << 4 | low
                guard !isRefused(byte, refusal) else { throw .malformed("an escaped control byte in the request target") }
                index += 2
            } else if byte == UInt8(ascii: "+"), refusal == .nullInForm {
                byte = Octet.space
            }
            decoded.append(byte)
            index += 1
        }
        guard let text = String(validating: decoded, as: UTF8.self) else {
            throw .malformed("the request target is not UTF-8")
        }
        return text
    }

    private static func isRefused(_ byte: UInt8, _ refusal: Refusal) -> Bool {
        switch refusal {
        case .controls: byte < 0x20 || byte == 0x7F
        case .nullInForm: byte == 0
        }
    }
}
