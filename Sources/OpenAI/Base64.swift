/// Base64 with the standard alphabet and padding, RFC 4648, section 4: what `b64_json` holds.
package enum Base64 {
    private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    /// The text of `bytes`, a third longer than they are.
    package static func encode(_ bytes: [UInt8]) -> [UInt8] {
        let length = (bytes.count + 2) / 3 * 4
        return [UInt8](unsafeUninitializedCapacity: length) { text, count in
            bytes.withUnsafeBufferPointer { write($0, to: text) }
            count = length
        }
    }

    private static func write(_ bytes: UnsafeBufferPointer<UInt8>, to text: UnsafeMutableBufferPointer<UInt8>) {
        let letters = alphabet.utf8Start
        let whole = bytes.count / 3 * 3
        var from = 0
        var to = 0
        while from < whole {
            let group = Int(bytes[from]) << 16 | Int(bytes[from + 1]) << 8 | Int(bytes[from + 2])
            text[to] = letters[group >> 18]
            text[to + 1] = letters[group >> 12 & 0x3F]
            text[to + 2] = letters[group >> 6 & 0x3F]
            text[to + 3] = letters[group & 0x3F]
            from += 3
            to += 4
        }
        guard from < bytes.count else { return }
        let isPair = bytes.count - from == 2
        let group = Int(bytes[from]) << 16 | (isPair ? Int(bytes[from + 1]) << 8 : 0)
        text[to] = letters[group >> 18]
        text[to + 1] = letters[group >> 12 & 0x3F]
        text[to + 2] = isPair ? letters[group >> 6 & 0x3F] : UInt8(ascii: "=")
        text[to + 3] = UInt8(ascii: "=")
    }
}
