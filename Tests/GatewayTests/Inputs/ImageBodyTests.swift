import HTTP
import JSON
import OpenAI
import Testing

@testable import Gateway

@Suite("Bodies with images") struct ImageBodyTests {
    /// A GIF of the given edges, all in ten bytes.
    private func gif(_ width: UInt16, _ height: UInt16) -> [UInt8] {
        Array("GIF89a".utf8) + [UInt8(width & 255), UInt8(width >> 8), UInt8(height & 255), UInt8(height >> 8)]
    }

    private func wanted(
        _ body: [UInt8], _ type: String?, kind: ImageRequest.Kind = .edit, limits: InputImageLimits = InputImageLimits(count: 16)
    ) throws -> ImageRequest {
        var fields = Fields()
        if let type { fields.append("Content-Type", type) }
        let head = try RequestHead(method: .post, target: "/v1/images/edits", fields: fields)
        return try ImageBody(Request(head: head, body: body), kind: kind, limits: limits)
            .request(kind: kind, model: nil, maximumImages: 10)
    }

    private func form(
        _ parts: [(head: String, body: [UInt8])], limits: InputImageLimits = InputImageLimits(count: 16)
    ) throws -> ImageRequest {
        var body: [UInt8] = []
        for part in parts + [("name=\"prompt\"", Array("x".utf8))] {
            body += "--b\r\nContent-Disposition: form-data; \(part.head)\r\n\r\n".utf8
            body += part.body + Array("\r\n".utf8)
        }
        return try wanted(body + Array("--b--\r\n".utf8), "multipart/form-data; boundary=b", limits: limits)
    }

    private let address = "data:image/gif;base64,R0lGODlhAgADAA=="

    @Test("an uploaded file is a data URI of what it is", arguments: [
        #"name="image"; filename="a.png""#, #"name="image[]"; filename="a""#, #"name="images"; filename="a""#,
        #"name="images[]"; filename="a""#, #"name="image[0]"; filename="a""#, #"name="image""#,
        "name=\"image\"\r\nContent-Type: image/png",
    ])
    func uploads(head: String) throws {
        let request = try form([(head, gif(2, 3))])
        #expect(request.images == [InputImage(address: address, field: "image")])
        #expect(request.prompt == "x")
    }

    @Test("a text field names images as JSON does", arguments: [
        ("https://a/b.png", ["https://a/b.png"]), (#"["https://a/b.png","https://a/c.png"]"#, ["https://a/b.png", "https://a/c.png"]),
        (#"{"image_url":"https://a/b.png"}"#, ["https://a/b.png"]),
        ("data:image/png;base64,R0lGODlhAgADAA==", ["data:image/gif;base64,R0lGODlhAgADAA=="]),
    ])
    func texts(text: String, addresses: [String]) throws {
        #expect(try form([(#"name="image""#, Array(text.utf8))]).images.map(\.address) == addresses)
    }

    @Test("files under other names go to the parameter of that name")
    func parameters() throws {
        let request = try form([
            (#"name="image"; filename="a""#, gif(2, 3)), (#"name="control_image_url"; filename="b""#, gif(2, 3)),
            (#"name="reference_image_urls[]"; filename="c""#, gif(2, 3)), (#"name="seed""#, Array("7".utf8)),
        ])
        #expect(request.extra == ["control_image_url": .string(address), "reference_image_urls": [.string(address)], "seed": 7])
    }

    @Test("a file input that nobody filled in is nothing")
    func unfilled() throws {
        let request = try form([(#"name="image"; filename="a""#, gif(2, 3)), (#"name="mask"; filename="""#, [])])
        #expect(request.mask == nil)
    }

    @Test("limits are reached and not passed")
    func limits() throws {
        var limits = InputImageLimits(count: 2)
        limits.bytes = 10
        limits.pixels = 6
        let head = #"name="image"; filename="a.gif""#
        #expect(try form([(head, gif(2, 3)), (head, gif(6, 1))], limits: limits).images.count == 2)
        for (parts, message) in [
            ([gif(2, 3), gif(2, 3), gif(2, 3)], "3 images were sent; at most 2 are allowed."),
            ([gif(2, 3) + [0]], "`image` (a.gif) has 11 bytes; at most 10 are allowed."),
            ([gif(7, 1)], "`image` (a.gif) has 7x1 pixels; at most 6 are allowed."),
        ] {
            let error = #expect(throws: GatewayError.self) { try form(parts.map { (head, $0) }, limits: limits) }
            #expect(error?.message == message)
            #expect(error?.param == "image")
            #expect(error?.status == 400)
        }
        let json = #"{"prompt":"x","image":"data:image/gif;base64,R0lGODlhBwABAA=="}"#
        let error = #expect(throws: GatewayError.self) { try wanted(Array(json.utf8), "application/json", limits: limits) }
        #expect(error?.message == "`image` has 7x1 pixels; at most 6 are allowed.")
        let long = #"{"prompt":"x","image":"data:image/gif;base64,\#(String(repeating: "A", count: 20))"}"#
        #expect(throws: GatewayError.self) { try wanted(Array(long.utf8), nil, limits: limits) }
    }

    @Test("a form is for edits and variations; everything else is JSON", arguments: [
        ("multipart/form-data; boundary=b", ImageRequest.Kind.generation, 415), ("text/plain", .edit, 415),
        ("multipart/mixed; boundary=b", .edit, 415), ("text/plain", .generation, 415),
        ("multipart/form-data", .edit, 400), ("multipart/form-data; boundary=c", .variation, 400),
        ("application/json", .edit, 400),
    ])
    func types(type: String, kind: ImageRequest.Kind, status: Int) {
        let error = #expect(throws: GatewayError.self) { try wanted(Array("--b--".utf8), type, kind: kind) }
        #expect(error?.status == status)
    }
}
