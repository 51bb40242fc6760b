import Testing

@testable import HTTP

/// RFC 9112, sections 2 and 3: the request line, the target, the version.
@Suite("Request line") struct RequestLineTests {
    @Test("the method is one token", arguments: methods)
    func method(row: RequestCase) { row.check() }

    @Test("the target has a form that fits the method", arguments: targets)
    func target(row: RequestCase) { row.check() }

    @Test("the path is decoded strictly", arguments: paths)
    func path(row: RequestCase) { row.check() }

    @Test("the version is HTTP/1.x", arguments: versions)
    func version(row: RequestCase) { row.check() }

    @Test("nothing but single spaces and CRLF stands between", arguments: separators)
    func separator(row: RequestCase) { row.check() }

    @Test("names and values of the query are decoded in order")
    func query() throws {
        let head = try RequestHead(method: .get, target: "/a?x=1&y=a+b%20c&&flag&x=%C3%A9&=v")
        #expect(head.query.map(\.name) == ["x", "y", "flag", "x", ""])
        #expect(head.query.map(\.value) == ["1", "a b c", "", "é", "v"])
        #expect(head.queryValue("x") == "1")
        #expect(head.queryValue("z") == nil)
        #expect(head.target == "/a?x=1&y=a+b%20c&&flag&x=%C3%A9&=v")
    }

    static let methods: [RequestCase] = [
        .ok("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET /", "the plainest request"),
        .ok("get / HTTP/1.1\r\nHost: a\r\n\r\n", "get /", "methods are case-sensitive: get is another method"),
        .ok("M!#$%&'*+-.^_`|~9 / HTTP/1.1\r\nHost: a\r\n\r\n", "M!#$%&'*+-.^_`|~9 /", "every token character"),
        .ok("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", "TRACE /", "an unknown method is the router's business"),
        .no("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "a delimiter in the method"),
        .no("G\tT / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "a tab in the method"),
        .no(" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "a space before the method"),
        .no("\tGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "a tab before the method"),
        .no("GET\r\n\r\n", 400, "a method alone"),
        .no("{\"a\":1}\r\n\r\n", 400, "no HTTP at all"),
        .no([0x16, 0x03, 0x01, 0x02, 0x00], 400, "a TLS hello on the plain port, refused at its first byte"),
        .no([0x00], 400, "NUL first"),
        .no([0xEF, 0xBB, 0xBF] + Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8), 400, "a byte order mark"),
        .no(String(repeating: "A", count: 33) + " / HTTP/1.1\r\n", 501, "a method longer than any there is"),
        .no("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 501, "CONNECT: no tunnels here"),
        .no("CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "CONNECT with a path"),
        .no("CONNECT a HTTP/1.1\r\nHost: a\r\n\r\n", 400, "CONNECT without a port"),
        .no("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "the HTTP/2 preface"),
    ]

    static let targets: [RequestCase] = [
        .ok("GET /v1/models?a=b HTTP/1.1\r\nHost: a\r\n\r\n", "GET /v1/models", "origin form with a query"),
        .ok("GET //a HTTP/1.1\r\nHost: a\r\n\r\n", "GET //a", "an empty segment is a segment"),
        .ok("GET http://a/b HTTP/1.1\r\nHost: a\r\n\r\n", "GET /b", "absolute form"),
        .ok("GET HTTP://A:80/b?c HTTP/1.1\r\nHost: a:80\r\n\r\n", "GET /b", "scheme and host in any case"),
        .ok("GET https://a HTTP/1.1\r\nHost: a\r\n\r\n", "GET /", "absolute form without a path"),
        .ok("GET http://a?b=c HTTP/1.1\r\nHost: a\r\n\r\n", "GET /", "absolute form with a query alone"),
        .ok("GET http://[::1]:80/ HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "GET /", "absolute form with an IPv6 literal"),
        .ok("GET http://a/ HTTP/1.0\r\n\r\n", "GET /", "absolute form in HTTP/1.0 without Host"),
        .ok("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS *", "asterisk form with OPTIONS"),
        .ok("OPTIONS /a HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS /a", "OPTIONS with a path"),
        .no("GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400, "asterisk form with GET"),
        .no("OPTIONS ** HTTP/1.1\r\nHost: a\r\n\r\n", 400, "two asterisks"),
        .no("GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400, "a relative path"),
        .no("GET a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", 400, "authority form without CONNECT"),
        .no("GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "absolute form and Host disagree"),
        .no("GET http://a:81/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "absolute form and Host disagree about the port"),
        .no("GET http:/// HTTP/1.1\r\nHost: a\r\n\r\n", 400, "absolute form without a host"),
        .no("GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "user information in the target"),
        .no("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "a scheme that is not http"),
        .no("GET http:a HTTP/1.1\r\nHost: a\r\n\r\n", 400, "a scheme without an authority"),
        .no("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "a fragment in the path"),
        .no("GET /a?b#c HTTP/1.1\r\nHost: a\r\n\r\n", 400, "a fragment behind the query"),
        .no("GET /a\"b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "a quotation mark in the path"),
        .no("GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "a backslash in the path"),
        .no("GET /{a} HTTP/1.1\r\nHost: a\r\n\r\n", 400, "braces in the path"),
        .no("GET /é HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bytes beyond ASCII in the path"),
        .no("GET /\u{7F} HTTP/1.1\r\nHost: a\r\n\r\n", 400, "DEL in the path"),
        .no("GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "NUL in the path"),
        .no("GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n", 400, "a tab in the path"),
        .ok("GET /?a[]={|}^`<>\\\" HTTP/1.1\r\nHost: a\r\n\r\n", "GET /", "what browsers leave unescaped in a query"),
        .ok(
            "GET /\(String(repeating: "a", count: 8 * 1024 - 1)) HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /\(String(repeating: "a", count: 8 * 1024 - 1))", "a target of the longest length"),
        .no("GET /\(String(repeating: "a", count: 8 * 1024)) HTTP/1.1\r\n", 414, "a target one byte too long"),
        .no("GET /\(String(repeating: "a", count: 40_000))", 414, "a target without end"),
    ]

    static let paths: [RequestCase] = [
        .ok("GET /a%20b HTTP/1.1\r\nHost: a\r\n\r\n", "GET /a b", "an escaped space"),
        .ok("GET /m/fal_ai%2Fflux%2fdev HTTP/1.1\r\nHost: a\r\n\r\n", "GET /m/fal_ai/flux/dev", "escaped slashes"),
        .ok("GET /%C3%A9 HTTP/1.1\r\nHost: a\r\n\r\n", "GET /é", "escaped UTF-8"),
        .ok("GET /%2541 HTTP/1.1\r\nHost: a\r\n\r\n", "GET /%41", "decoded once, not twice"),
        .ok("GET /a+b HTTP/1.1\r\nHost: a\r\n\r\n", "GET /a+b", "a plus sign in a path is a plus sign"),
        .ok("GET /v1.1/... HTTP/1.1\r\nHost: a\r\n\r\n", "GET /v1.1/...", "dots that are no dot segments"),
        .no("GET /% HTTP/1.1\r\nHost: a\r\n\r\n", 400, "a lone percent sign"),
        .no("GET /%4 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "half an escape"),
        .no("GET /%4G HTTP/1.1\r\nHost: a\r\n\r\n", 400, "an escape that is not hexadecimal"),
        .no("GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "an escaped NUL"),
        .no("GET /%0d%0aX:y HTTP/1.1\r\nHost: a\r\n\r\n", 400, "escaped line breaks"),
        .no("GET /%7F HTTP/1.1\r\nHost: a\r\n\r\n", 400, "an escaped DEL"),
        .no("GET /%FF HTTP/1.1\r\nHost: a\r\n\r\n", 400, "an escape that is not UTF-8"),
        .no("GET /%C0%AE HTTP/1.1\r\nHost: a\r\n\r\n", 400, "an overlong dot"),
        .no("GET /../etc HTTP/1.1\r\nHost: a\r\n\r\n", 400, "a parent segment"),
        .no("GET /a/.. HTTP/1.1\r\nHost: a\r\n\r\n", 400, "a parent segment at the end"),
        .no("GET /a/./b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "a dot segment"),
        .no("GET /a/%2e%2E/b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "an escaped parent segment"),
        .no("GET /a%2F..%2Fb HTTP/1.1\r\nHost: a\r\n\r\n", 400, "a parent segment between escaped slashes"),
        .no("GET /?a=% HTTP/1.1\r\nHost: a\r\n\r\n", 400, "a bad escape in the query"),
        .no("GET /?a=%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "an escaped NUL in the query"),
        .ok("GET /?a=%0A HTTP/1.1\r\nHost: a\r\n\r\n", "GET /", "a line break in a query value"),
    ]

    static let versions: [RequestCase] = [
        .ok("GET / HTTP/1.0\r\n\r\n", "GET /", "HTTP/1.0"),
        .ok("GET / HTTP/1.9\r\nHost: a\r\n\r\n", "GET /", "a later minor version is read as 1.1"),
        .no("GET /\r\n\r\n", 400, "HTTP/0.9"),
        .no("GET / HTTP/0.9\r\n\r\n", 505, "HTTP/0.9 written out"),
        .no("GET / HTTP/2.0\r\n\r\n", 505, "HTTP/2.0"),
        .no("GET / HTTP/3\r\n\r\n", 505, "HTTP/3"),
        .no("GET / http/1.1\r\nHost: a\r\n\r\n", 400, "the name is upper case"),
        .no("GET / HTTP/1\r\nHost: a\r\n\r\n", 400, "no minor version"),
        .no("GET / HTTP/1.\r\nHost: a\r\n\r\n", 400, "no digit behind the point"),
        .no("GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400, "two digits"),
        .no("GET / HTTP/11.1\r\nHost: a\r\n\r\n", 400, "two digits before the point"),
        .no("GET / HTTP/1,1\r\nHost: a\r\n\r\n", 400, "a comma for the point"),
        .no("GET / HTTPS/1.1\r\nHost: a\r\n\r\n", 400, "another protocol"),
        .no("GET / \r\nHost: a\r\n\r\n", 400, "no version"),
        .no("GET / HTTP/x.1\r\nHost: a\r\n\r\n", 400, "a letter for the version"),
    ]

    static let separators: [RequestCase] = [
        .ok("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET /", "one empty line before is forgiven"),
        .no("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "two empty lines before"),
        .no("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "a bare LF before"),
        .no("\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "a bare CR before"),
        .no("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "two spaces behind the method"),
        .no("GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "a tab behind the method"),
        .no("GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400, "two spaces before the version"),
        .no("GET / x HTTP/1.1\r\nHost: a\r\n\r\n", 400, "a space in the target"),
        .no("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400, "a space behind the version"),
        .no("GET / HTTP/1.1\nHost: a\r\n\r\n", 400, "a bare LF behind the version"),
        .no("GET / HTTP/1.1\rHost: a\r\n\r\n", 400, "a bare CR behind the version"),
        .no("GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", 400, "two CR behind the version"),
        .no("GET /\u{0B}HTTP/1.1\r\nHost: a\r\n\r\n", 400, "a vertical tab as a space"),
        .more("GET / HTTP/1.1\r\nHost: a\r\n", "no empty line yet"),
        .more("GET / HTTP/1.1\r\nHost: a\r\n\r", "half an empty line"),
        .more("GE", "half a method"),
        .ok("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /next", "GET /", left: 9, "what follows is left alone"),
    ]
}
