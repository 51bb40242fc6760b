import JSON
import Testing

@testable import Fal

@Suite("Output") struct FalOutputTests {
    private func read(_ text: String) throws -> FalOutput { try FalOutput(body: Array(text.utf8)) }

    @Test("a diffusion model's result is read whole")
    func full() throws {
        let output = try read("""
            {"images":[{"url":"https://v3.fal.media/files/b/1/a.jpg","width":1024,"height":768,"content_type":"image/jpeg","file_size":123},
                       {"url":"https://v3.fal.media/files/b/1/b.jpg","width":1024.0,"height":768,"content_type":"image/jpeg"}],
             "timings":{"inference":1.5},"seed":18446744073709551615,"has_nsfw_concepts":[false,true],"prompt":"a cat","later":{"x":1}}
            """)
        #expect(output.images.map(\.source) == [.address("https://v3.fal.media/files/b/1/a.jpg"), .address("https://v3.fal.media/files/b/1/b.jpg")])
        #expect(output.images.map(\.size) == [PixelSize("1024x768"), PixelSize("1024x768")])
        #expect(output.images.map(\.contentType) == ["image/jpeg", "image/jpeg"])
        #expect(output.seed?.lexeme == "18446744073709551615")
        #expect(output.timings == ["inference": 1.5])
        #expect(output.unsafeContent == [false, true])
        #expect(output.prompt == "a cat")
    }

    @Test("a single image, files without a size and plain addresses are images", arguments: [
        #"{"image":{"url":"https://x/y.png"},"seed":5}"#,
        #"{"images":[{"url":"https://x/y.png"}]}"#,
        #"{"images":["https://x/y.png"]}"#,
        #"{"images":[],"image":{"url":"https://x/y.png"}}"#,
        #"{"images":{"url":"https://x/y.png"}}"#,
        #"{"images":[{"url":"https://x/y.png","width":null,"height":null,"content_type":null,"file_name":null}],"has_nsfw_concepts":null,"seed":null}"#,
        #"{"images":[{"url":"https://x/y.png","width":-1,"height":"x"}]}"#,
    ])
    func shapes(text: String) throws {
        let output = try read(text)
        #expect(output.images.map(\.source) == [.address("https://x/y.png")])
        #expect(output.images[0].size == nil)
    }

    @Test("nonsense is not taken for a picture", arguments: [
        "", "null", "[]", "7", "<html>", #"{"images":"#, #"{}"#, #"{"images":[]}"#, #"{"images":null,"image":null}"#,
        #"{"video":{"url":"https://x/y.mp4"}}"#, #"{"images":[{}]}"#, #"{"images":[{"url":null}]}"#, #"{"images":[null]}"#,
        #"{"images":[{"url":"ftp://x/y"}]}"#, #"{"images":[{"url":"file:///etc/passwd"}]}"#, #"{"images":[{"url":""}]}"#,
        #"{"images":[{"url":"data:image/png;base64,"}]}"#, #"{"images":[{"url":"data:image/png,plain"}]}"#,
        #"{"images":[{"url":"data:image/png;base64,a\nb"}]}"#, #"{"images":[{"b64":"x"},null]}"#,
        #"{"detail":"Request is still in progress"}"#,
    ])
    func nonsense(text: String) {
        #expect(throws: FalOutputError.self) { try read(text) }
    }

    @Test("an entry without an image does not lose the others", arguments: [
        #"null"#, #"{}"#, #"{"b64":"x"}"#, #"{"url":"ftp://x/y"}"#, #"7"#,
    ])
    func besideNonsense(entry: String) throws {
        let output = try read(#"{"images":[\#(entry),{"url":"https://x/a"},\#(entry),"https://x/b"],"has_nsfw_concepts":[true,false,true,true]}"#)
        #expect(output.images.map(\.source) == [.address("https://x/a"), .address("https://x/b")])
        #expect(output.unsafeContent == [false, true])
        // fal may bill them all.
        let plan = try profile("fal-ai/imagen4/preview").plan(ImageParameters(prompt: "x", count: 4))
        #expect(profile("fal-ai/imagen4/preview").price.cost(of: output, for: plan.calls[0], billableUnits: nil)?.amount == .dollars("0.2"))
    }

    private static let payload = String(repeating: "iVBORw0KGgo", count: 400) + "AA=="

    @Test("a data URI stays where it lies in the answer")
    func inline() throws {
        let body = Array(#"{"images":[{"url":"data:image/png;base64,\#(Self.payload)","width":8,"height":8},{"url":"https://x/y"}],"seed":1}"#.utf8)
        let output = try FalOutput(body: body)
        guard case .inline(let type, let base64) = output.images[0].source else {
            Issue.record("not inline")
            return
        }
        #expect(type == "image/png")
        #expect(String(decoding: base64, as: UTF8.self) == Self.payload)
        let inBody = body.withUnsafeBufferPointer { UnsafeRawPointer($0.baseAddress) }
        let inSlice = base64.withUnsafeBufferPointer { UnsafeRawPointer($0.baseAddress) }
        #expect(inSlice == inBody.map { $0 + base64.startIndex }, "copied")
        #expect(output.images[1].source == .address("https://x/y"))
        #expect(output.seed?.lexeme == "1")
    }

    @Test("data URIs are read the same, short or long, escaped or not, with parameters or capitals", arguments: [
        "data:image/png;base64,", "DATA:image/png;base64,", "data:image\\/png;base64,", "data:IMAGE/PNG;charset=x;base64,",
    ])
    func variants(header: String) throws {
        for payload in ["AAAA", Self.payload] {
            let header = header.hasPrefix("DATA") ? "data" + header.dropFirst(4) : header
            let output = try read(#"{"images":[{"url":"\#(header)\#(payload)"},{"url":"\#(header)\#(payload)"}],"prompt":"p \" \\"}"#)
            #expect(output.images.count == 2)
            #expect(output.prompt == #"p " \"#)
            for image in output.images {
                guard case .inline("image/png", let base64) = image.source else {
                    Issue.record("\(header) is not inline")
                    continue
                }
                #expect(String(decoding: base64, as: UTF8.self) == payload)
            }
        }
    }

    @Test(
        "a data URI is found behind strings with escapes, wherever these stand",
        arguments: ["\\\\", "\\\"", "\\\\\\\"", "a\\\\", "\\\"\\\\", "\\u0041\\n", "\\\\\\\\", "x\\\\\\\\\\\"y"])
    func behindEscapes(text: String) throws {
        let output = try read(#"{"prompt":"\#(text)","k\#(text)":"\#(text)","images":[{"url":"data:image/png;base64,\#(Self.payload)"}]}"#)
        guard case .inline(_, let base64) = output.images[0].source else {
            Issue.record("not inline")
            return
        }
        #expect(String(decoding: base64, as: UTF8.self) == Self.payload)
    }

    @Test("a prompt that is a data URI is not passed on as one")
    func promptURI() throws {
        let output = try read(#"{"images":["https://x/y"],"prompt":"data:image/png;base64,\#(Self.payload)"}"#)
        #expect(output.prompt == nil)
    }

    @Test("an answer cut anywhere is an error, never a picture")
    func cut() {
        let whole = Array(#"{"images":[{"url":"data:image/png;base64,\#(Self.payload)"}],"seed":1}"#.utf8)
        for end in stride(from: 0, to: whole.count, by: 7) {
            #expect(throws: FalOutputError.self) { try FalOutput(body: Array(whole[..<end])) }
        }
    }
}
