/// The request target, taken apart. RFC 9112, section 3.2.
///
/// Origin form (`/path?query`) and absolute form (`http://host/path?query`) are accepted, asterisk
/// form only with OPTIONS. Nothing is resolved or normalised: a path with a `.` or `..` segment,
/// escaped or not, is refused, because whoever checked it before us may have read it differently.
struct RequestTarget {
    /// Percent-decoded; `/` for an absolute target without a path; `*` for the asterisk form.
    private(set) var path: String
    /// Decoded names and values, in order.
    private(set) var query: [(name: String, value: String)] = []

    /// - Parameter text: `bytes` as a string; shared when path and target are the same.
    /// - Throws: 400; 501 for CONNECT.
    init(_ bytes: UnsafeBufferPointer<UInt8>, text: String, method: Method) throws(ProtocolError) {
        if method == .other("CONNECT") {
            guard Authority.isValid(bytes), bytes.contains(Octet.colon) else { throw .malformed("CONNECT needs host:port") }
            throw .notImplemented("no tunnels are opened here")
        }
        if bytes.first == RequestTarget.slash {
            path = ""
            try parsePath(bytes, text)
        } else if bytes.count == 1, bytes[0] == UInt8(ascii: "*") {
            guard method == .options else { throw .malformed("the target * is for OPTIONS alone") }
            path = "*"
        } else {
            path = ""
            try parseAbsolute(bytes)
        }
    }

    private static let slash = UInt8(ascii: "/")

    private mutating func parseAbsolute(_ bytes: UnsafeBufferPointer<UInt8>) throws(ProtocolError) {
        let schemes: [StaticString] = ["http://", "https://"]
        let matching = schemes.first { scheme in
            UnsafeBufferPointer(rebasing: bytes.prefix(scheme.utf8CodeUnitCount)).equalsIgnoringCase(scheme)
        }
        guard let scheme = matching else { throw .malformed("the request target is neither a path nor an http URL") }
        let start = scheme.utf8CodeUnitCount
        let end = bytes[start...].firstIndex { $0 == RequestTarget.slash || $0 == UInt8(ascii: "?") } ?? bytes.count
        guard Authority.isValid(UnsafeBufferPointer(rebasing: bytes[start..<end])) else {
            throw .malformed("a bad host in the request target")
        }
        let rest = UnsafeBufferPointer(rebasing: bytes[end...])
        try parsePath(rest, String(decoding: rest, as: UTF8.self))
        if path.isEmpty { path = "/" }
    }

    private mutating func parsePath(_ bytes: UnsafeBufferPointer<UInt8>, _ text: String) throws(ProtocolError) {
        let table = ByteClass.table
        var end = 0
        var isEscaped = false
        var hasDot = false
        while end < bytes.count, table[Int(bytes[end])] & ByteClass.path.rawValue != 0 {
            if bytes[end] == Octet.percent { isEscaped = true }
            if bytes[end] == UInt8(ascii: ".") { hasDot = true }
            end += 1
        }
        guard end == bytes.count || bytes[end] == UInt8(ascii: "?") else {
            throw .malformed("a byte that cannot stand in a path")
        }
        let raw = UnsafeBufferPointer(rebasing: bytes[..<end])
        if isEscaped {
            path = try PercentDecoding.decode(raw, refusing: .controls)
        } else {
            path = end == bytes.count ? text : String(decoding: raw, as: UTF8.self)
        }
        if isEscaped || hasDot { try RequestTarget.refuseDotSegments(path) }
        if end < bytes.count { try parseQuery(UnsafeBufferPointer(rebasing: bytes[(end + 1)...])) }
    }

    private static func refuseDotSegments(_ path: String) throws(ProtocolError) {
        for segment in path.utf8.split(separator: slash) where segment.count <= 2 {
            guard !segment.allSatisfy({ $0 == UInt8(ascii: ".") }) else { throw .malformed("a dot segment in the path") }
        }
    }

    private mutating func parseQuery(_ bytes: UnsafeBufferPointer<UInt8>) throws(ProtocolError) {
        guard bytes.allSatisfy({ ByteClass.contains($0, .query) }) else {
            throw .malformed("a byte that cannot stand in a query")
        }
        for pair in bytes.split(separator: UInt8(ascii: "&")) {
            let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            let name = UnsafeBufferPointer(rebasing: pair[..<equals])
            let value = UnsafeBufferPointer(rebasing: pair[equals...].dropFirst())
            query.append(
                (
                    name: try PercentDecoding.decode(name, refusing: .nullInForm),
                    value: try PercentDecoding.decode(value, refusing: .nullInForm)
                ))
        }
    }
}
