import Testing

@testable import HTTP

/// RFC 9110, section 5, and RFC 9112, section 5: field lines; RFC 9110, section 7.2: Host.
@Suite("Field lines") struct FieldLineTests {
    @Test("a name is one token, a colon follows at once", arguments: names)
    func name(row: RequestCase) { row.check() }

    @Test("a value has no control bytes", arguments: values)
    func value(row: RequestCase) { row.check() }

    @Test("only CRLF ends a line and no line is folded", arguments: lineEnds)
    func lineEnd(row: RequestCase) { row.check() }

    @Test("there is one valid Host", arguments: hosts)
    func host(row: RequestCase) { row.check() }

    @Test("size and number are bounded", arguments: sizes)
    func size(row: RequestCase) { row.check() }

    static let names: [RequestCase] = [
        .field("Bad Name: x", 400, "a space in the name"),
        .field("Name : x", 400, "a space before the colon"),
        .field("Name\t: x", 400, "a tab before the colon"),
        .field("Transfer-Encoding : chunked", 400, "the same to hide a coding"),
        .field("Name", 400, "no colon"),
        .field(": x", 400, "an empty name"),
        .field("Na(me: x", 400, "a delimiter in the name"),
        .field("\"Name\": x", 400, "a quoted name"),
        .field("Na\u{0}me: x", 400, "NUL in the name"),
        .field("Na\u{7F}me: x", 400, "DEL in the name"),
        .field("Näme: x", 400, "a letter beyond ASCII in the name"),
        .field("@: x", 400, "a delimiter for a name"),
        .field("Na/me: x", 400, "a slash in the name"),
        .field("Na[me: x", 400, "a bracket in the name"),
        .field("\u{1}: x", 400, "a control byte for a name"),
        .ok(
            "GET / HTTP/1.1\r\nHost: a\r\n!#$%&'*+-.^_`|~09azAZ: x\r\n\r\n", "GET /", "every token character in a name"),
        .ok("GET / HTTP/1.1\r\nhOsT: a\r\n\r\n", "GET /", "names in any case"),
        .ok("GET / HTTP/1.1\r\nHost:a\r\n\r\n", "GET /", "no space behind the colon"),
        .ok("GET / HTTP/1.1\r\nHost: a\r\nX::\r\n\r\n", "GET /", "a colon in the value"),
    ]

    static let values: [RequestCase] = [
        .ok("GET / HTTP/1.1\r\nHost: a\r\nX:\r\n\r\n", "GET /", "an empty value"),
        .ok("GET / HTTP/1.1\r\nHost: a\r\nX: \t \r\n\r\n", "GET /", "a value of blanks"),
        .ok("GET / HTTP/1.1\r\nHost: \t a \t\r\n\r\n", "GET /", "blanks around the value"),
        .ok("GET / HTTP/1.1\r\nHost: a\r\nX: a\tb\r\n\r\n", "GET /", "a tab inside the value"),
        .ok("GET / HTTP/1.1\r\nHost: a\r\nX: käse\r\n\r\n", "GET /", "bytes beyond ASCII"),
        .ok("GET / HTTP/1.1\r\nHost: a\r\nX: !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~\r\n\r\n", "GET /", "visible ASCII"),
        .field("X: a", byte: 0x00, "b", 400, "NUL"),
        .field("X: a", byte: 0x01, "b", 400, "a control byte"),
        .field("X: a", byte: 0x08, "b", 400, "backspace"),
        .field("X: a", byte: 0x0B, "b", 400, "vertical tab"),
        .field("X: a", byte: 0x0C, "b", 400, "form feed"),
        .field("X: a", byte: 0x1B, "[31mb", 400, "an escape sequence for somebody's terminal"),
        .field("X: a", byte: 0x1F, "b", 400, "the last control byte"),
        .field("X: a", byte: 0x7F, "b", 400, "DEL"),
        .field("X: 12345678901234567", byte: 0x7F, "b", 400, "DEL where words are looked at whole"),
        .field("X: 1234567\t9012345", byte: 0x02, "b", 400, "a control byte behind a tab in the same word"),
        .field("X: ", byte: 0x00, "", 400, "NUL alone"),
    ]

    static let lineEnds: [RequestCase] = [
        .field("X: a\n b", 400, "a fold behind a bare LF"),
        .field("X: a\r\n b", 400, "obsolete folding"),
        .field("X: a\r\n\tb", 400, "obsolete folding with a tab"),
        .field("X: a\r\n ", 400, "a line of one space"),
        .field("X: a\nY: b", 400, "a bare LF"),
        .field("X: a\rY: b", 400, "a bare CR"),
        .field("X: a\r\r", 400, "two CR"),
        .field("X:\nY: b", 400, "a bare LF behind the colon"),
        .field("X\nY: b", 400, "a bare LF in a name"),
        .field("X\rY: b", 400, "a bare CR in a name"),
        .no("GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400, "white space before the first field"),
        .no("GET / HTTP/1.1\r\nHost: a\r\n\n", 400, "a bare LF as the empty line"),
        .no("GET / HTTP/1.1\r\nHost: a\r\n\rGET / HTTP/1.1\r\n\r\n", 400, "a bare CR as the empty line"),
        .no("GET / HTTP/1.1\nHost: a\n\n", 400, "LF throughout"),
        .no("GET / HTTP/1.1\r\nHost: a\r\nX: a\u{2028}\n\r\n", 400, "LF behind a Unicode line separator"),
    ]

    static let hosts: [RequestCase] = [
        .no("GET / HTTP/1.1\r\n\r\n", 400, "no Host in HTTP/1.1"),
        .no("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, "two Hosts, even equal ones"),
        .no("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "two different Hosts"),
        .no("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400, "two Hosts in HTTP/1.0"),
        .no("GET / HTTP/1.1\r\nHost:\r\n\r\n", 400, "an empty Host"),
        .no("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400, "a space in Host"),
        .no("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400, "a list of hosts"),
        .no("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400, "user information in Host"),
        .no("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "a path in Host"),
        .no("GET / HTTP/1.1\r\nHost: http://a\r\n\r\n", 400, "a URL in Host"),
        .no("GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", 400, "a port of letters"),
        .no("GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", 400, "a port too large"),
        .no("GET / HTTP/1.1\r\nHost: a:000080\r\n\r\n", 400, "a port of six digits"),
        .no("GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n", 400, "two ports"),
        .no("GET / HTTP/1.1\r\nHost: :80\r\n\r\n", 400, "a port alone"),
        .no("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400, "an IPv6 literal without end"),
        .no("GET / HTTP/1.1\r\nHost: [::g]\r\n\r\n", 400, "an IPv6 literal with a letter g"),
        .no("GET / HTTP/1.1\r\nHost: [::1]a\r\n\r\n", 400, "something behind an IPv6 literal"),
        .no("GET / HTTP/1.1\r\nHost: ::1\r\n\r\n", 400, "IPv6 without brackets"),
        .no("GET / HTTP/1.1\r\nHost: a%2\r\n\r\n", 400, "a bad escape in Host"),
        .no("GET / HTTP/1.1\r\nHost: bücher.de\r\n\r\n", 400, "a name beyond ASCII"),
        .ok("GET / HTTP/1.1\r\nHost: a.example:65535\r\n\r\n", "GET /", "a name and a port"),
        .ok("GET / HTTP/1.1\r\nHost: 127.0.0.1:4000\r\n\r\n", "GET /", "IPv4"),
        .ok("GET / HTTP/1.1\r\nHost: [2001:db8::1.2.3.4]:80\r\n\r\n", "GET /", "IPv6"),
        .ok("GET / HTTP/1.1\r\nHost: a:\r\n\r\n", "GET /", "an empty port"),
        .ok("GET / HTTP/1.1\r\nHost: host.docker.internal_\r\n\r\n", "GET /", "an underscore in a name"),
        .ok("GET / HTTP/1.0\r\nHost: a\r\n\r\n", "GET /", "Host in HTTP/1.0"),
    ]

    static let sizes: [RequestCase] = [
        .ok(
            "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X: y\r\n", count: 99) + "\r\n", "GET /", "a hundred fields"),
        .no("GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X: y\r\n", count: 100), 431, "one field too many"),
        .ok(
            "GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "y", count: 32 * 1024 - 32) + "\r\n\r\n", "GET /",
            "a head of the largest size"),
        .no(
            "GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "y", count: 32 * 1024 - 31) + "\r\n\r\n", 431,
            "a head one byte too large"),
        .no("GET / HTTP/1.1\r\n" + String(repeating: "n", count: 33_000), 431, "a name without end"),
        .no("GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "y", count: 33_000), 431, "a value without end"),
        .no("GET / HTTP/1.1\r\nHost: a\r\nX:" + String(repeating: " ", count: 33_000), 431, "blanks without end"),
    ]
}
