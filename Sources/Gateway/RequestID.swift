import Ledger
import Signatures

/// The name of one request, unique and in the order of time: a UUID of version 7 (RFC 9562,
/// section 5.7). It is what `x-falgate-request-id` tells the caller, and the key of the spend log.
package struct RequestID: Sendable, Hashable, CustomStringConvertible {
    /// 36 lower-case characters with four hyphens; sorts by time.
    package let text: String

    /// Characters of `text`.
    static let length = 36

    /// A new name for a request that came in at `instant`.
    static func make(at instant: Timestamp = .now) -> RequestID {
        let generator = KernelRandom()
        return RequestID(milliseconds: instant.milliseconds, random: (generator.next(), generator.next()))
    }

    /// The name of an earlier request, as it was told.
    init(text: String) {
        self.text = text
    }

    init(milliseconds: Int64, random: (UInt64, UInt64)) {
        let high = UInt64(bitPattern: milliseconds) << 16 | 0x7000 | random.0 & 0x0fff
        let low = 0x8000_0000_0000_0000 | random.1 >> 2
        text = String(unsafeUninitializedCapacity: RequestID.length) { buffer in
            var index = 0
            for shift in stride(from: 60, through: 0, by: -4) {
                if index == 8 || index == 13 {
                    buffer[index] = UInt8(ascii: "-")
                    index += 1
                }
                buffer[index] = RequestID.digit(high >> UInt64(shift))
                index += 1
            }
            for shift in stride(from: 60, through: 0, by: -4) {
                if index == 18 || index == 23 {
                    buffer[index] = UInt8(ascii: "-")
                    index += 1
                }
                buffer[index] = RequestID.digit(low >> UInt64(shift))
                index += 1
            }
            return index
        }
    }

    /// When the request came in: the first 48 bits. `nil` for a text that this gateway does not name requests by.
    var instant: Timestamp? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [8, 4, 4, 4, 12], parts.joined().utf8.allSatisfy(RequestID.isDigit),
            let milliseconds = Int64(parts[0] + parts[1], radix: 16)
        else { return nil }
        return Timestamp(milliseconds: milliseconds)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    private static func digit(_ value: UInt64) -> UInt8 {
        let nibble = UInt8(value & 0xf)
        return nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }

    package var description: String { text }
}
