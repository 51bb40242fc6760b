import Testing

@testable import HTTP

/// A form written with `|` for CRLF at the end of a line; a line break in the source is nothing.
private func document(_ text: String) -> [UInt8] {
    Array(text.split(separator: "\n", omittingEmptySubsequences: false).joined().replacing("|", with: "\r\n").utf8)
}

private func form(_ text: String, boundary: String = "b", limits: MultipartLimits = MultipartLimits()) throws -> MultipartForm {
    try MultipartForm(document(text), contentType: "multipart/form-data; boundary=\(boundary)", limits: limits)
}

private func text(_ part: MultipartForm.Part) -> String { String(decoding: part.body, as: UTF8.self) }

@Suite("Multipart forms") struct MultipartFormTests {
    struct Sent: Sendable, CustomTestStringConvertible {
        let client: String
        let contentType: String
        let body: String
        var testDescription: String { client }
    }

    /// The same form: `prompt` and a file `image`, as each client writes it.
    static let sent = [
        Sent(
            client: "curl 8", contentType: "multipart/form-data; boundary=------------------------d74496d66958873e",
            body: """
                --------------------------d74496d66958873e|Content-Disposition: form-data; name="prompt"||a fox|
                --------------------------d74496d66958873e|Content-Disposition: form-data; name="image"; filename="a.png"|
                Content-Type: image/png||PNG|--------------------------d74496d66958873e--|
                """),
        Sent(
            client: "httpx, openai-python", contentType: "multipart/form-data; boundary=3f7d3b1c0e0a4c5f9d2e6b8a7c1d0e9f",
            body: """
                --3f7d3b1c0e0a4c5f9d2e6b8a7c1d0e9f|Content-Disposition: form-data; name="prompt"||a fox|
                --3f7d3b1c0e0a4c5f9d2e6b8a7c1d0e9f|Content-Disposition: form-data; name="image"; filename="a.png"|
                Content-Type: image/png||PNG|--3f7d3b1c0e0a4c5f9d2e6b8a7c1d0e9f--|
                """),
        Sent(
            client: "axios with form-data", contentType: "multipart/form-data; boundary=--------------------------515890814546601021194782",
            body: """
                ----------------------------515890814546601021194782|Content-Disposition: form-data; name="prompt"||a fox|
                ----------------------------515890814546601021194782|Content-Disposition: form-data; name="image"; filename="a.png"|
                Content-Type: image/png||PNG|----------------------------515890814546601021194782--|
                """),
        Sent(
            client: "undici, openai-node", contentType: "multipart/form-data; boundary=----formdata-undici-019837465012",
            body: """
                ------formdata-undici-019837465012|Content-Disposition: form-data; name="prompt"||a fox|
                ------formdata-undici-019837465012|Content-Disposition: form-data; name="image"; filename="a.png"|
                Content-Type: image/png||PNG|------formdata-undici-019837465012--|
                """),
        Sent(
            client: "a browser", contentType: "multipart/form-data; boundary=----WebKitFormBoundaryePkpFF7tjBAqx29L",
            body: """
                ------WebKitFormBoundaryePkpFF7tjBAqx29L|Content-Disposition: form-data; name="prompt"||a fox|
                ------WebKitFormBoundaryePkpFF7tjBAqx29L|Content-Disposition: form-data; name="image"; filename="a.png"|
                Content-Type: image/png||PNG|------WebKitFormBoundaryePkpFF7tjBAqx29L--|
                """),
        Sent(
            client: "aiohttp", contentType: "multipart/form-data; boundary=f2f0c3a1",
            body: """
                --f2f0c3a1|Content-Type: text/plain; charset=utf-8|Content-Disposition: form-data; name="prompt"||a fox|
                --f2f0c3a1|Content-Type: image/png|Content-Disposition: form-data; name="image"; filename="a.png"||PNG|--f2f0c3a1--|
                """),
        Sent(
            client: "Java, with a transfer encoding", contentType: #"multipart/form-data; boundary="----=_Part_0_12.34"; charset=UTF-8"#,
            body: """
                ------=_Part_0_12.34|Content-Disposition: form-data; name="prompt"|Content-Type: text/plain; charset=UTF-8|
                Content-Transfer-Encoding: 8bit||a fox|------=_Part_0_12.34|
                content-disposition: FORM-DATA; NAME="image"; FileName=a.png|content-type: image/png|
                content-transfer-encoding: Binary||PNG|------=_Part_0_12.34--
                """),
    ]

    @Test("what clients send is understood", arguments: sent)
    func clients(sent: Sent) throws {
        let form = try MultipartForm(document(sent.body), contentType: sent.contentType)
        #expect(form.parts.map(\.name) == ["prompt", "image"])
        #expect(form.parts.map(text) == ["a fox", "PNG"])
        #expect(form.parts.map(\.filename) == [nil, "a.png"])
        #expect(form.parts[1].contentType == "image/png")
    }

    @Test("every beginning of a form is an error or the whole form", arguments: sent)
    func beginnings(sent: Sent) throws {
        let whole = document(sent.body)
        var complete = 0
        for count in 0..<whole.count {
            guard let form = try? MultipartForm(Array(whole[..<count]), contentType: sent.contentType) else { continue }
            #expect(form.parts.map(text) == ["a fox", "PNG"])
            complete += 1
        }
        // The closing boundary stands; what may be missing is the end of its line.
        #expect(complete <= 2)
    }

    @Test("a form with any one byte missing or changed does not trap", arguments: sent)
    func damaged(sent: Sent) throws {
        let whole = document(sent.body)
        for index in whole.indices {
            var shorter = whole
            shorter.remove(at: index)
            _ = try? MultipartForm(shorter, contentType: sent.contentType)
            for byte: UInt8 in [0x00, 0x0A, 0x0D, 0x20, 0x22, 0x2D, 0xFF] {
                var changed = whole
                changed[index] = byte
                _ = try? MultipartForm(changed, contentType: sent.contentType)
            }
        }
    }

    @Test("bytes are kept as they are, and are not copied")
    func bytes() throws {
        var body = document("--b|Content-Disposition: form-data; name=\"image\"; filename=\"x\"||")
        let file = (0...255).map(UInt8.init) + Array("\r\n--\r\n--a\r\nb--b\r--b\n--b\r\n-b\r\n".utf8)
        body += file + document("|--b--|")
        let form = try MultipartForm(body, contentType: "multipart/form-data; boundary=b")
        #expect(Array(form.parts[0].body) == file)
        let shares = body.withUnsafeBufferPointer { whole in
            form.parts[0].body.withUnsafeBufferPointer { part in
                whole.baseAddress.map { $0 + form.parts[0].body.startIndex } == part.baseAddress
            }
        }
        #expect(shares)
    }

    @Test("text before the first and after the last boundary is nothing")
    func surroundings() throws {
        let form = try form("This is a form.|Really.|--b  |Content-Disposition: form-data; name=\"a\"||1|--b-- \t|--b|and more")
        #expect(form.parts.map(text) == ["1"])
    }

    @Test("a form without parts, and parts without bytes")
    func empty() throws {
        #expect(try form("--b--").parts.isEmpty)
        let form = try form("""
            --b|Content-Disposition: form-data; name="mask"; filename=""|Content-Type: application/octet-stream|||--b|
            Content-Disposition: form-data; name="note"||--b--
            """)
        #expect(form.parts.map(\.name) == ["mask", "note"])
        #expect(form.parts.map(\.body.count) == [0, 0])
        #expect(form.parts[0].filename == "")
    }

    @Test("several parts of one name stay several, in order")
    func duplicates() throws {
        let form = try form("""
            --b|Content-Disposition: form-data; name="image[]"; filename="1"||one|--b|
            Content-Disposition: form-data; name="image[]"; filename="2"||two|--b--|
            """)
        #expect(form.parts.map(\.name) == ["image[]", "image[]"])
        #expect(form.parts.map(text) == ["one", "two"])
    }

    @Test("names in all the ways they are written", arguments: [
        (#"form-data; name="a"; filename="say \"x\".png""#, "a", #"say "x".png"#),
        (#"form-data; name="a"; filename="C:\temp\x.png""#, "a", #"C:\temp\x.png"#),
        (#"form-data; name="a"; filename="a\\b""#, "a", #"a\b"#),
        (#"form-data; name="a"; filename="50%22.png""#, "a", "50%22.png"),
        (#"form-data; name="a"; filename="a;b=c.png""#, "a", "a;b=c.png"),
        (#"form-data; name="größe"; filename="Füchse.png""#, "größe", "Füchse.png"),
        (#"form-data; name="a"; filename="x.png"; filename*=UTF-8''F%C3%BCchse.png"#, "a", "Füchse.png"),
        (#"form-data; name="a"; filename*=utf-8'de'a%20b"#, "a", "a b"),
        (#"form-data;name=a;filename=b.png;"#, "a", "b.png"),
        (#"form-data ; filename="b.png" ; size=3 ; name="a""#, "a", "b.png"),
    ])
    func names(disposition: String, name: String, filename: String) throws {
        let part = try #require(try form("--b|Content-Disposition: \(disposition)||x|--b--").parts.first)
        #expect(part.name == name)
        #expect(part.filename == filename)
    }
}

@Suite("Multipart refusals") struct MultipartRefusalTests {
    private static let name = #"Content-Disposition: form-data; name="a""#

    @Test("what is not a form is refused for what is wrong with it", arguments: [
        ("", .boundaryNotFound),
        ("--c|\(name)||1|--c--|", .boundaryNotFound),
        ("text|-b|\(name)||1|--b--|".replacing("--b", with: "-b"), .boundaryNotFound),
        ("--b", .truncated),
        ("--b|", .truncated),
        ("--b|\(name)", .truncated),
        ("--b|\(name)|", .truncated),
        ("--b|\(name)||1", .truncated),
        ("--b|\(name)||1|--b", .truncated),
        ("--b|\(name)||1|--b-", .truncated),
        ("--b|\(name)||1|--b|", .truncated),
        ("--bb|\(name)||1|--b--|", .badBoundaryLine(afterParts: 0)),
        ("--b|\(name)||1|--bc|2|--b--|", .badBoundaryLine(afterParts: 1)),
        ("--b|\(name)||1|--b--more|", .badBoundaryLine(afterParts: 1)),
        ("--b|\(name)||1|--b  x|--b--", .badBoundaryLine(afterParts: 1)),
        ("--b||1|--b--|", .noName(part: 1)),
        ("--b|Content-Type: image/png||1|--b--|", .noName(part: 1)),
        ("--b|Content-Disposition: form-data||1|--b--|", .noName(part: 1)),
        ("--b|Content-Disposition: form-data; name=\"\"||1|--b--|", .noName(part: 1)),
        ("--b|Content-Disposition: attachment; name=\"a\"||1|--b--|", .noName(part: 1)),
        ("--b|\(name)||1|--b|Content-Disposition: form-data; filename=\"a\"||2|--b--|", .noName(part: 2)),
        ("--b|\(name)|\(name)||1|--b--|", .badHeader(part: 1)),
        ("--b|Content-Disposition: form-data; name=\"a\"; name=\"b\"||1|--b--|", .badHeader(part: 1)),
        ("--b|Content-Disposition: form-data; name=\"a||1|--b--|", .badHeader(part: 1)),
        ("--b|Content-Disposition: form-data; name=\"a\"b||1|--b--|", .badHeader(part: 1)),
        ("--b|Content-Disposition: form-data; name=||1|--b--|", .badHeader(part: 1)),
        ("--b|Content-Disposition: form-data;| name=\"a\"||1|--b--|", .badHeader(part: 1)),
        ("--b|\(name); filename*=latin-1''a||1|--b--|", .badHeader(part: 1)),
        ("--b|\(name); filename*=UTF-8''a%2||1|--b--|", .badHeader(part: 1)),
        ("--b|Content-Disposition||1|--b--|", .badHeader(part: 1)),
        ("--b|Content Disposition: x||1|--b--|", .badHeader(part: 1)),
        ("--b|: x|\(name)||1|--b--|", .badHeader(part: 1)),
        ("--b|\(name)|X: a\u{0}b||1|--b--|", .badHeader(part: 1)),
        ("--b|\(name)\rX: y||1|--b--|", .badHeader(part: 1)),
        ("--b|\(name)|Content-Transfer-Encoding: base64||MQ==|--b--|", .encodedPart(part: 1)),
    ] as [(String, MultipartError)])
    func refused(body: String, error: MultipartError) {
        #expect(throws: error) { try form(body) }
    }

    @Test("bare line feeds end no line", arguments: [
        "--b\nContent-Disposition: form-data; name=\"a\"\n\n1\n--b--\n",
        "--b\r\nContent-Disposition: form-data; name=\"a\"\n\n1\r\n--b--\r\n",
        "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\n1\r\n--b--\r\n",
    ])
    func lineFeeds(body: String) {
        #expect(throws: MultipartError.self) {
            try MultipartForm(Array(body.utf8), contentType: "multipart/form-data; boundary=b")
        }
    }

    @Test("a name that is not UTF-8 is refused, a file's name is not")
    func encoding() throws {
        let latin = Array("--b\r\nContent-Disposition: form-data; name=\"".utf8) + [0xFC]
        let tail = Array("\"\r\n\r\n1\r\n--b--".utf8)
        let type = "multipart/form-data; boundary=b"
        #expect(throws: MultipartError.badHeader(part: 1)) { try MultipartForm(latin + tail, contentType: type) }
        let file = Array("--b\r\nContent-Disposition: form-data; name=\"a\"; filename=\"".utf8) + [0xFC] + tail
        #expect(try MultipartForm(file, contentType: type).parts[0].filename == "\u{FFFD}")
    }

    @Test("the boundary is told, and is one", arguments: [
        ("application/json", .notFormData), ("", .notFormData), ("multipart/mixed; boundary=b", .notFormData),
        ("multipart/form-data", .noBoundary), ("multipart/form-data; charset=utf-8", .noBoundary),
        ("multipart/form-data; boundary=b; boundary=c", .notFormData),
        (#"multipart/form-data; boundary="b"#, .notFormData),
        (#"multipart/form-data; boundary="""#, .badBoundary),
        (#"multipart/form-data; boundary="b ""#, .badBoundary),
        (#"multipart/form-data; boundary="b*""#, .badBoundary),
        ("multipart/form-data; boundary=" + String(repeating: "b", count: 71), .badBoundary),
    ] as [(String, MultipartError)])
    func boundary(type: String, error: MultipartError) {
        #expect(throws: error) { try MultipartForm(document("--b--"), contentType: type) }
    }

    @Test("boundaries of every legal kind", arguments: [
        "multipart/form-data; boundary=b", "Multipart/Form-Data;BOUNDARY=b", "multipart/form-data; charset=utf-8; boundary=\"b\"; x=y",
    ])
    func legalBoundary(type: String) throws {
        #expect(MultipartForm.isFormData(type))
        #expect(try MultipartForm(document("--b--"), contentType: type).parts.isEmpty)
        let longest = String(repeating: "'", count: 70)
        #expect(try MultipartForm(document("--\(longest)--"), contentType: "multipart/form-data; boundary=\(longest)").parts.isEmpty)
    }

    @Test("what would be too much is refused at the bound, not before")
    func bounds() throws {
        var limits = MultipartLimits()
        limits.parts = 2
        limits.nameBytes = 3
        limits.headBytes = 60
        let part = "--b|Content-Disposition: form-data; name=\"abc\"||1|"
        #expect(try form(part + part + "--b--", limits: limits).parts.count == 2)
        #expect(throws: MultipartError.tooManyParts(most: 2)) { try form(part + part + part + "--b--", limits: limits) }
        #expect(throws: MultipartError.nameTooLong(part: 1, mostBytes: 3)) {
            try form("--b|Content-Disposition: form-data; name=\"abcd\"||1|--b--", limits: limits)
        }
        // 44 bytes and a line end, then 14 more.
        #expect(try form("--b|Content-Disposition: form-data; name=\"abc\"|X: 45678901234||1|--b--", limits: limits).parts.count == 1)
        #expect(throws: MultipartError.headTooLarge(part: 1, mostBytes: 60)) {
            try form("--b|Content-Disposition: form-data; name=\"abc\"|X: 456789012345||1|--b--", limits: limits)
        }
        #expect(throws: MultipartError.headTooLarge(part: 1, mostBytes: 60)) {
            try form("--b|" + String(repeating: "x", count: 100_000), limits: limits)
        }
    }

    @Test("every error says something, without a word of the body")
    func descriptions() {
        let errors: [MultipartError] = [
            .notFormData, .noBoundary, .badBoundary, .boundaryNotFound, .truncated, .badBoundaryLine(afterParts: 3),
            .badHeader(part: 3), .headTooLarge(part: 3, mostBytes: 9), .noName(part: 3), .nameTooLong(part: 3, mostBytes: 9),
            .encodedPart(part: 3), .tooManyParts(most: 9),
        ]
        #expect(Set(errors.map(\.description)).count == errors.count)
    }
}
