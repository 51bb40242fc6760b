import HTTP
import Ledger
import Reactor
import Testing

@testable import Gateway

@Suite("Images on their way back") struct ImageTests {
    @Test(
        "a format is told by its first bytes",
        arguments: [
            ([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0], .png), ([0xff, 0xd8, 0xff, 0xe0], .jpeg),
            (Array("RIFF\u{1}\u{2}\u{3}\u{4}WEBPVP8 ".utf8), .webp), (Array("GIF89a".utf8), .gif),
            (Array("<svg xmlns=\"x\">".utf8), .svg), (Array("\n <?xml version=\"1.0\"?><svg/>".utf8), .svg),
            (Array("<html><body>no</body>".utf8), nil), (Array("{\"detail\":\"gone\"}".utf8), nil), ([], nil),
            (Array("RIFF\u{1}\u{2}\u{3}\u{4}WAVE".utf8), nil), ([0x89, 0x50], nil),
        ] as [([UInt8], ImageFormat?)])
    func magic(bytes: [UInt8], format: ImageFormat?) {
        #expect(ImageFormat(magic: bytes) == format)
        let base64 = Base64.encode(bytes)
        #expect(ImageFormat(base64: base64[...]) == format)
    }

    @Test(
        "images are fetched from fal, from the deployment's own host, from where the operator says, and nowhere else",
        arguments: [
            ("https://v3.fal.media/files/b/x.png", true), ("https://fal.media/files/x.png", true),
            ("https://storage.googleapis.com/falserverless/x.png", true),
            ("https://storage.googleapis.com/somebody/x.png", false), ("http://v3.fal.media/x.png", false),
            ("https://evilfal.media/x.png", false), ("https://fal.media.evil.test/x.png", false),
            ("http://127.0.0.1:4001/files/x.png", true), ("http://127.0.0.1:4002/files/x.png", false),
            ("http://169.254.169.254/latest/meta-data", false), ("https://cdn.mine.test/x", true),
            ("https://mine.test/x", false), ("https://localhost/x", false),
        ])
    func hosts(address: String, isAllowed: Bool) throws {
        let hosts = ImageHosts(further: ["*.mine.test"])
        let base = try #require(URL("http://127.0.0.1:4001")).origin
        #expect(hosts.allows(try #require(URL(address)), base: base) == isAllowed)
    }

    @Test(
        "a name of fal's CDN leads to the public internet, what the operator has named wherever it is",
        arguments: [
            ("https://v3.fal.media", "127.0.0.1", false), ("https://fal.media", "169.254.169.254", false),
            ("https://storage.googleapis.com", "10.1.2.3", false), ("https://v3.fal.media", "::ffff:192.168.0.1", false),
            ("https://v3.fal.media", "fd00::1", false), ("https://v3.fal.media", "1.2.3.4", true),
            ("https://cdn.mine.test", "10.1.2.3", true), ("http://127.0.0.1:4001", "127.0.0.1", true),
            ("https://queue.mine.test", "192.168.0.1", true),
        ])
    func addresses(origin: String, address: String, isAllowed: Bool) throws {
        let address = try #require(SocketAddress(ip: address, port: 443))
        let origin = try #require(URL(origin)).origin
        #expect(ImageHosts(further: ["*.mine.test"]).mayConnect(to: address, of: origin) == isAllowed)
        #expect(ImageHosts(further: ["*.fal.media", "fal.media", "storage.googleapis.com/x/"]).mayConnect(to: address, of: origin))
    }

    @Test("request ids are UUIDs of version 7 and sort by the time they were made")
    func requestIDs() {
        let ids = (0..<200).map { RequestID(milliseconds: 1_700_000_000_000 + $0, random: (.random(in: 0 ... .max), .max)) }
        #expect(ids.map(\.text) == ids.map(\.text).sorted())
        let text = RequestID(milliseconds: 0x0123_4567_89ab, random: (.max, .max)).text
        #expect(text == "01234567-89ab-7fff-bfff-ffffffffffff")
        #expect(RequestID(text: text).instant?.milliseconds == 0x0123_4567_89ab)
        let others = [
            "", "req_1", "01234567_89ab_7fff_bfff_ffffffffffff", "0123456g-89ab-7fff-bfff-ffffffffffff",
            "7ffffffffffffff-f-a-a-aaaaaaaaaaaaaa", "+1234567-89ab-7fff-bfff-ffffffffffff", "0123456A-89ab-7fff-bfff-ffffffffffff",
        ]
        #expect(others.allSatisfy { RequestID(text: $0).instant == nil })
        #expect(Set((0..<1_000).map { _ in RequestID.make().text }).count == 1_000)
    }
}
