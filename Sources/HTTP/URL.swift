/// An absolute `http` or `https` URL. RFC 3986, read strictly.
///
/// What different readers read differently is refused, because a URL that comes from outside
/// decides where a key is sent: user information, backslashes, white space and control bytes, a
/// percent sign without two digits, and hosts that are numbers in disguise (`0x7f.1`, `127.1`).
/// The fragment is dropped. Bytes that RFC 3986 does not allow but that have one meaning only
/// (`"<>^{|}`, a grave accent, everything beyond ASCII) are percent-encoded. Dot segments stay as they are.
package struct URL: Sendable, Hashable, CustomStringConvertible {
    /// Longer than any signed CDN address, shorter than the 8 KiB that servers accept.
    package static let maximumBytes = 8000

    package let origin: Origin
    /// Path and query as they are sent; begins with a slash, is pure ASCII.
    package let target: String

    package var scheme: Origin.Scheme { origin.scheme }
    package var host: String { origin.host }
    package var port: UInt16 { origin.port }

    /// The target up to its question mark.
    package var path: Substring { target[..<(questionMark ?? target.endIndex)] }

    /// What follows the question mark, if there is one.
    package var query: Substring? {
        questionMark.map { target[target.utf8.index(after: $0)...] }
    }

    private var questionMark: String.Index? {
        var text = target
        let offset = text.withUTF8 { bytes in bytes.firstOffset(of: UInt8(ascii: "?")) }
        return offset.map { target.utf8.index(target.startIndex, offsetBy: $0) }
    }

    package var description: String { origin.description + target }

    /// `nil` where `parse` throws.
    package init?(_ text: String) {
        guard let url = try? URL.parse(text) else { return nil }
        self = url
    }

    /// As above, and cheaper for a URL at `known` that is spelt as its description would be.
    package init?(_ text: String, probablyAt known: Origin) {
        if let target = URL.plainTarget(of: text, behind: known.description) {
            self.init(origin: known, target: target)
        } else {
            self.init(text)
        }
    }

    /// - Throws: `InvalidURL` with the first thing that is wrong.
    package static func parse(_ text: String) throws(InvalidURL) -> URL {
        guard text.utf8.count <= maximumBytes else { throw InvalidURL("longer than \(maximumBytes) bytes") }
        let bytes = Array(text.utf8)
        let (scheme, authorityStart) = try parseScheme(bytes)
        var authorityEnd = authorityStart
        while authorityEnd < bytes.count, !endsAuthority(bytes[authorityEnd]) { authorityEnd += 1 }
        let (host, port) = try HostParser.parse(bytes[authorityStart..<authorityEnd])
        let origin = Origin(scheme: scheme, host: host, port: port ?? scheme.defaultPort)
        let target = try bytes[authorityEnd...].withUnsafeBufferPointer { bytes throws(InvalidURL) in try canonicalTarget(bytes) }
        return URL(origin: origin, target: target)
    }

    private init(origin: Origin, target: String) {
        self.origin = origin
        self.target = target
    }

    /// The same origin with another target, which is checked and encoded as in `parse`.
    package func with(target: String) throws(InvalidURL) -> URL {
        guard target.utf8.count <= URL.maximumBytes else { throw InvalidURL("longer than \(URL.maximumBytes) bytes") }
        guard target.utf8.first == UInt8(ascii: "/") else { throw InvalidURL("the target does not begin with a slash") }
        var text = target
        if text.withUTF8({ URL.isPlain($0) }) { return URL(origin: origin, target: target) }
        let canonical = try Array(target.utf8).withUnsafeBufferPointer { bytes throws(InvalidURL) in
            try URL.canonicalTarget(bytes)
        }
        return URL(origin: origin, target: canonical)
    }

    /// This URL with `suffix` put between path and query: `…/status?logs=1` and `/stream` give
    /// `…/status/stream?logs=1`.
    package func appendingPath(_ suffix: String) throws(InvalidURL) -> URL {
        guard let query else { return try with(target: target + suffix) }
        return try with(target: "\(path)\(suffix)?\(query)")
    }

    /// This URL with `suffix`, which needs no encoding, at the very end: behind a query as well.
    package func ending(with suffix: String) -> URL {
        URL(origin: origin, target: target + suffix)
    }

    /// Whether `text` is what describes `ending(with: suffix)`.
    package func isDescribed(by text: String, endingWith suffix: String) -> Bool {
        var text = text
        return text.withUTF8 { text in
            text.rest(behind: origin.description)?.rest(behind: target)?.rest(behind: suffix)?.isEmpty ?? false
        }
    }

    /// This URL with one more query parameter, both parts percent-encoded.
    package func addingQuery(_ name: String, _ value: String) -> URL {
        let item = URL.encodedComponent(name) + "=" + URL.encodedComponent(value)
        let separator = query == nil ? "?" : query?.isEmpty == true ? "" : "&"
        return URL(origin: origin, target: target + separator + item)
    }

    // MARK: Parts

    private static func endsAuthority(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#")
    }

    /// - Returns: the scheme and where the authority begins.
    private static func parseScheme(_ bytes: [UInt8]) throws(InvalidURL) -> (Origin.Scheme, Int) {
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { throw InvalidURL("no scheme") }
        let name = String(decoding: bytes[..<colon].map { $0 | 0x20 }, as: UTF8.self)
        guard let scheme = Origin.Scheme(rawValue: name) else {
            throw InvalidURL("the scheme is neither http nor https")
        }
        guard bytes[(colon + 1)...].starts(with: "//".utf8) else { throw InvalidURL("no `//` after the scheme") }
        return (scheme, colon + 3)
    }

    /// Whether a target stands for itself: it begins with a slash, and no byte of it is encoded or looked at closer.
    private static func isPlain(_ target: UnsafeBufferPointer<UInt8>) -> Bool {
        target.first == UInt8(ascii: "/") && ByteClass.allAre(.plainTarget, target)
    }

    /// What follows `origin` in `text`; `nil` when that is not its beginning, or needs a closer look.
    private static func plainTarget(of text: String, behind origin: String) -> String? {
        guard text.utf8.count <= maximumBytes else { return nil }
        var text = text
        return text.withUTF8 { text in
            guard let target = text.rest(behind: origin), isPlain(target) else { return nil }
            return String(decoding: target, as: UTF8.self)
        }
    }

    private static func canonicalTarget(_ bytes: UnsafeBufferPointer<UInt8>) throws(InvalidURL) -> String {
        if isPlain(bytes) { return String(decoding: bytes, as: UTF8.self) }
        var target: [UInt8] = []
        target.reserveCapacity(bytes.count + 1)
        if bytes.first != UInt8(ascii: "/") { target.append(UInt8(ascii: "/")) }
        for index in bytes.indices {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "#"):
                return String(decoding: target, as: UTF8.self)
            case 0...0x20, 0x7f, UInt8(ascii: "\\"):
                throw InvalidURL("a space, control byte or backslash in the path or query")
            case UInt8(ascii: "%"):
                guard bytes[index...].dropFirst().prefix(2).filter(\.isHexDigit).count == 2 else {
                    throw InvalidURL("a percent sign without two hexadecimal digits")
                }
                target.append(byte)
            case _ where ByteClass.contains(byte, .plainTarget):
                target.append(byte)
            default:
                // `"<>^{|}`, a grave accent, and everything beyond ASCII.
                target.appendPercentEncoded(byte)
            }
        }
        return String(decoding: target, as: UTF8.self)
    }

    /// Everything but the unreserved characters of RFC 3986, section 2.3, percent-encoded.
    private static func encodedComponent(_ text: String) -> String {
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            if byte.isUnreserved { encoded.append(byte) } else { encoded.appendPercentEncoded(byte) }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}

/// Why a text is not a URL that may be asked.
package struct InvalidURL: Error, Sendable, Equatable, CustomStringConvertible {
    package let reason: String
    package var description: String { "invalid URL: \(reason)" }

    init(_ reason: String) {
        self.reason = reason
    }
}

extension UInt8 {
    fileprivate var isHexDigit: Bool {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= self || UInt8(ascii: "a")...UInt8(ascii: "f") ~= self | 0x20
    }

    fileprivate var isUnreserved: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}

extension [UInt8] {
    fileprivate mutating func appendPercentEncoded(_ byte: UInt8) {
        let digits: StaticString = "0123456789ABCDEF"
        append(UInt8(ascii: "%"))
        append(digits.utf8Start[Int(byte >> 4)])
        append(digits.utf8Start[Int(byte & 15)])
    }
}
