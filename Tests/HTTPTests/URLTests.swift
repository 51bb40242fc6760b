import Testing

@testable import HTTP

@Suite("URL") struct URLTests {
    @Test("a URL is taken apart into origin and target", arguments: [
        ("https://queue.fal.run/fal-ai/flux/requests/1", "https", "queue.fal.run", 443, "/fal-ai/flux/requests/1"),
        ("http://127.0.0.1:4001/x?y=z", "http", "127.0.0.1", 4001, "/x?y=z"),
        ("HTTPS://Queue.Fal.RUN", "https", "queue.fal.run", 443, "/"),
        ("https://host?q", "https", "host", 443, "/?q"),
        ("https://host#fragment", "https", "host", 443, "/"),
        ("https://host/a?b#c?d", "https", "host", 443, "/a?b"),
        ("https://host:/a", "https", "host", 443, "/a"),
        ("http://host:443/", "http", "host", 443, "/"),
        ("http://[::1]:80/a", "http", "::1", 80, "/a"),
        ("http://[0:0:0:0:0:0:0:1]", "http", "::1", 80, "/"),
        ("http://[2001:DB8::A]/", "http", "2001:db8::a", 80, "/"),
        ("http://a_b.c-d.e/", "http", "a_b.c-d.e", 80, "/"),
        ("https://host/a%2Fb%20c", "https", "host", 443, "/a%2Fb%20c"),
        ("https://host/ä|\"", "https", "host", 443, "/%C3%A4%7C%22"),
        ("https://host/\u{301}", "https", "host", 443, "/%CC%81"),
        ("https://host/../a/./b", "https", "host", 443, "/../a/./b"),
    ])
    func parts(text: String, scheme: String, host: String, port: Int, target: String) throws {
        let url = try URL.parse(text)
        #expect(url.scheme.rawValue == scheme)
        #expect(url.host == host)
        #expect(url.port == UInt16(port))
        #expect(url.target == target)
        #expect(URL(text) == url)
        #expect(URL(text, probablyAt: url.origin) == url)
        #expect(URL(text, probablyAt: try URL.parse("https://hos/").origin) == url)
    }

    @Test("what two readers could read differently is refused", arguments: [
        "", "host/path", "//host/", "/path", "ftp://host/", "file:///etc/passwd", "https:host", "https:/host",
        "https://", "https:///path", "https://:80/", "https://user@host/", "https://user:pw@host/",
        "https://fal.run\\@evil.com/", "https://host\\path", "https://host/a\\b",
        "https://ho st/", "https://host/a b", " https://host/", "https://host/\r\nX: y", "https://host/\0",
        "https://host\t/", "https://h\u{e4}st/", "https://ho%73t/", "https://host/%", "https://host/%2", "https://host/%zz",
        "https://host:0/", "https://host:65536/", "https://host:-1/", "https://host:+80/", "https://host:8a/",
        "https://host:080808/", "https://a..b/", "https://.a/", "https://a./", "https://a,b/",
        "https://127.1/", "https://2130706433/", "https://0x7f.0.0.1/", "https://0x7f000001/", "https://127.0.0.01/",
        "https://1.2.3.4.5/", "https://256.0.0.1/", "https://host.1/",
        "https://[::1", "https://[]/", "https://[::1]80/", "https://[fe80::1%25eth0]/", "https://[::1\0x]/",
        "https://[1.2.3.4]/", "https://[::g]/",
    ])
    func refused(text: String) {
        #expect(throws: InvalidURL.self) { try URL.parse(text) }
        #expect(URL(text) == nil)
    }

    @Test("names, labels and whole URLs have their limits")
    func limits() {
        let label = String(repeating: "a", count: 63)
        #expect(URL("https://\(label)/") != nil)
        #expect(URL("https://\(label)a/") == nil)
        #expect(URL("https://\(label).\(label).\(label).\(label.dropLast(2))/") != nil)
        #expect(URL("https://\(label).\(label).\(label).\(label)/") == nil)
        #expect(URL("https://host/" + String(repeating: "a", count: URL.maximumBytes - 13)) != nil)
        #expect(URL("https://host/" + String(repeating: "a", count: URL.maximumBytes - 12)) == nil)
    }

    @Test("the Host field names the port only where it is not the scheme's own", arguments: [
        ("https://host/", "host"), ("https://host:443/", "host"), ("https://host:80/", "host:80"),
        ("http://[::1]/", "[::1]"), ("http://[::1]:8080/", "[::1]:8080"),
    ])
    func authority(text: String, authority: String) throws {
        #expect(try URL.parse(text).origin.authority == authority)
    }

    @Test("the description parses to the same URL", arguments: [
        "https://host/", "http://[::1]:8080/a?b=c", "https://host/%C3%A4?x",
    ])
    func roundTrip(text: String) throws {
        let url = try URL.parse(text)
        #expect(url.description == text)
        #expect(try URL.parse(url.description) == url)
    }

    @Test("equal origins are one key, whatever the spelling")
    func origins() throws {
        #expect(try URL.parse("https://HOST/a").origin == URL.parse("https://host:443/b").origin)
        #expect(try URL.parse("https://host/").origin != URL.parse("http://host:443/").origin)
    }

    @Test("paths are extended before the query, queries at their end")
    func building() throws {
        let status = try URL.parse("https://queue.fal.run/fal-ai/flux/requests/1/status?logs=1")
        #expect(try status.appendingPath("/stream").target == "/fal-ai/flux/requests/1/status/stream?logs=1")
        #expect(status.path == "/fal-ai/flux/requests/1/status")
        #expect(status.query == "logs=1")
        #expect(status.addingQuery("a b", "c&d").query == "logs=1&a%20b=c%26d")
        let bare = try URL.parse("https://host/x")
        #expect(bare.query == nil)
        #expect(bare.addingQuery("logs", "1").target == "/x?logs=1")
        #expect(try bare.with(target: "/x?").addingQuery("a", "b").target == "/x?a=b")
        #expect(try bare.with(target: "/other").description == "https://host/other")
        #expect(throws: InvalidURL.self) { try bare.with(target: "other") }
        #expect(throws: InvalidURL.self) { try bare.with(target: "/a b") }
    }
}
