import JSON
import Testing

@testable import OpenAI

@Suite("Image edits") struct ImageEditTests {
    private func decode(
        _ body: String, _ kind: ImageRequest.Kind = .edit, uploads: ImageRequest.Uploads = ImageRequest.Uploads()
    ) throws -> ImageRequest {
        try ImageRequest.decode(JSON.parse(body), kind: kind, maximumImages: 10, uploads: uploads)
    }

    @Test("images in every form they are written in", arguments: [
        (#"{"images":[{"image_url":"https://a/1.png"},{"image_url":"data:image/png;base64,aGk="}]}"#, ["https://a/1.png", "data:image/png;base64,aGk="]),
        (#"{"image":"https://a/1.png"}"#, ["https://a/1.png"]),
        (#"{"image":"HTTPS://a/1.png"}"#, ["HTTPS://a/1.png"]),
        (#"{"image":["https://a/1.png","data:,x"]}"#, ["https://a/1.png", "data:,x"]),
        (#"{"image":{"image_url":{"url":"https://a/1.png"}}}"#, ["https://a/1.png"]),
        (#"{"images":"https://a/1.png"}"#, ["https://a/1.png"]),
        (#"{"image":"https://a/1.png","images":[{"image_url":"https://a/2.png","detail":"high"}]}"#, ["https://a/1.png", "https://a/2.png"]),
        (#"{"extra_body":{"image":"https://a/1.png"}}"#, ["https://a/1.png"]),
    ])
    func images(body: String, addresses: [String]) throws {
        let body = #"{"prompt":"x","# + body.dropFirst()
        let request = try decode(body)
        #expect(request.images.map(\.address) == addresses)
        #expect(request.prompt == "x")
        #expect(request.kind == .edit)
        #expect(request.extra.isEmpty)
    }

    @Test("input_fidelity is a field of edits only")
    func fidelity() throws {
        let body = #"{"prompt":"x","image":"https://a/1.png","input_fidelity":"high"}"#
        #expect(try decode(body).inputFidelity == "high")
        #expect(try decode(body).extra.isEmpty)
        #expect(try decode(body, .generation).extra.contains("input_fidelity"))
    }

    @Test("a mask is one image")
    func mask() throws {
        let request = try decode(#"{"prompt":"x","image":"https://a/1.png","mask":{"image_url":"https://a/m.png"}}"#)
        #expect(request.mask == InputImage(address: "https://a/m.png", field: "mask.image_url"))
        #expect(try decode(#"{"prompt":"x","image":"https://a/1.png","mask":null}"#).mask == nil)
    }

    @Test("uploaded images come before those of the body, and know where they were")
    func uploads() throws {
        var uploads = ImageRequest.Uploads()
        uploads.images = [InputImage(address: "data:image/png;base64,aGk=", field: "image")]
        let request = try decode(#"{"prompt":"x","images":["https://a/1.png"]}"#, uploads: uploads)
        #expect(request.images.map(\.field) == ["image", "images[0]"])
        #expect(request.images.map(\.isInline) == [true, false])
        #expect(try decode(#"{"prompt":"x"}"#, uploads: uploads).images.count == 1)
    }

    @Test("in a generation the same names are parameters of fal's")
    func generation() throws {
        let request = try decode(#"{"prompt":"x","image":"abc","mask":7}"#, .generation)
        #expect(request.extra == ["image": "abc", "mask": 7])
        #expect(request.images.isEmpty && request.mask == nil)
    }

    @Test("a variation needs no prompt, and takes one")
    func variation() throws {
        #expect(try decode(#"{"image":"https://a/1.png"}"#, .variation).prompt == nil)
        #expect(try decode(#"{"image":"https://a/1.png","prompt":"x"}"#, .variation).prompt == "x")
    }

    @Test("an image may be named by fal's own parameter instead", arguments: ["image_url", "image_urls", "input_image_urls", "control_image_url"])
    func ownParameter(name: String) throws {
        let request = try decode(#"{"prompt":"x","\#(name)":"https://a/1.png"}"#)
        #expect(request.images.isEmpty)
        #expect(request.extra.contains(name))
    }

    @Test("what is wrong is told with its place", arguments: [
        (#"{"image":"https://a/1.png"}"#, .edit, "prompt", "'prompt' is required"),
        (#"{"prompt":"x"}"#, .edit, "image", "'image' is required: a file, or an https address"),
        (#"{}"#, .variation, "image", "'image' is required"),
        (#"{"prompt":"x","image":[]}"#, .edit, "image", "'image' is required"),
        (#"{"prompt":"x","mask":"https://a/1.png"}"#, .edit, "image", "'image' is required"),
        (#"{"prompt":"x","image":"http://a/1.png"}"#, .edit, "image", "got \"http://a/1.png\"."),
        (#"{"prompt":"x","image":"aGVsbG8="}"#, .edit, "image", "must be an https address"),
        (#"{"prompt":"x","image":""}"#, .edit, "image", "got \"\"."),
        (#"{"prompt":"x","image":7}"#, .edit, "image", "not a number."),
        (#"{"prompt":"x","images":["https://a/1.png",7]}"#, .edit, "images[1]", "not a number."),
        (#"{"prompt":"x","images":[{"file_id":"file-1"}]}"#, .edit, "images[0].file_id", "cannot read"),
        (#"{"prompt":"x","images":[{}]}"#, .edit, "images[0]", "must be an https address"),
        (#"{"prompt":"x","images":[{"image_url":7}]}"#, .edit, "images[0].image_url", "must be a string, not a number."),
        (#"{"prompt":"x","images":[{"image_url":"ftp://x"}]}"#, .edit, "images[0].image_url", "got \"ftp://x\"."),
        (#"{"prompt":"x","image":"https://a/1.png","mask":["https://a/m.png"]}"#, .edit, "mask", "not an array."),
    ] as [(String, ImageRequest.Kind, String, String)])
    func problems(body: String, kind: ImageRequest.Kind, param: String, text: String) throws {
        let problem = #expect(throws: RequestProblem.self) { try decode(body, kind) }
        #expect(problem?.param == param)
        #expect(problem?.message.contains(text) == true, "\(problem?.message ?? "")")
    }

    @Test("a second mask is refused")
    func twoMasks() throws {
        var uploads = ImageRequest.Uploads()
        uploads.images = [InputImage(address: "data:,x", field: "image")]
        uploads.mask = InputImage(address: "data:,x", field: "mask")
        let problem = #expect(throws: RequestProblem.self) {
            try decode(#"{"prompt":"x","mask":"https://a/m.png"}"#, uploads: uploads)
        }
        #expect(problem?.param == "mask")
    }
}

@Suite("Form fields") struct FormFieldsTests {
    private func body(_ fields: [(String, String)]) throws -> String {
        var form = FormFields()
        for (name, text) in fields { try form.add(name, text) }
        return String(decoding: JSONValue.object(form.body).serialized(), as: UTF8.self)
    }

    @Test("a text becomes what its field is", arguments: [
        ("n", "2", "2"), ("n", "two", #""two""#), ("n", "1.5", "1.5"),
        ("output_compression", "80", "80"), ("partial_images", "0", "0"),
        ("stream", "true", "true"), ("stream", "True", "true"), ("stream", "0", "false"), ("stream", "yes", #""yes""#),
        ("prompt", "123", #""123""#), ("prompt", "true", #""true""#), ("prompt", "", #""""#), ("prompt", "{}", #""{}""#),
        ("model", "1", #""1""#), ("user", "42", #""42""#), ("size", "1024x1024", #""1024x1024""#),
        ("seed", "18446744073709551615", "18446744073709551615"), ("guidance_scale", "3.50", "3.50"),
        ("enable_safety_checker", "false", "false"), ("loras", #"[{"path":"x"}]"#, #"[{"path":"x"}]"#),
        ("image_size", #"{"width":8,"height":9}"#, #"{"width":8,"height":9}"#), ("image_size", "square_hd", #""square_hd""#),
        ("negative_prompt", "blurry", #""blurry""#), ("negative_prompt", "", #""""#), ("style_codes", "007", #""007""#),
        ("acceleration", "null", #""null""#), ("x", #""quoted""#, #""\"quoted\"""#),
        ("extra_body", #"{"seed":7}"#, #"{"seed":7}"#),
    ])
    func values(name: String, text: String, json: String) throws {
        #expect(try body([(name, text)]) == #"{"\#(name)":\#(json)}"#)
    }

    @Test("an empty field of OpenAI's was not filled in", arguments: ["n", "size", "stream", "model", "quality", "user"])
    func unfilled(name: String) throws {
        #expect(try body([(name, "")]) == "{}")
    }

    @Test("brackets build lists and objects", arguments: [
        ([("tags[]", "a"), ("tags[]", "b")], #"{"tags":["a","b"]}"#),
        ([("image_size[width]", "8"), ("image_size[height]", "9")], #"{"image_size":{"width":8,"height":9}}"#),
        ([("loras[][path]", "a"), ("loras[][scale]", "1"), ("loras[][path]", "b")], #"{"loras":[{"path":"a","scale":1},{"path":"b"}]}"#),
        ([("a[b][c][]", "1"), ("a[b][d]", "2")], #"{"a":{"b":{"c":[1],"d":2}}}"#),
        ([("[x]", "1")], #"{"[x]":1}"#),
    ])
    func brackets(fields: [(String, String)], json: String) throws {
        #expect(try body(fields) == json)
    }

    @Test("what does not fit together is refused", arguments: [
        [("prompt", "a"), ("prompt", "b")],
        [("n", "1"), ("n", "1")],
        [("a", "1"), ("a[]", "2")],
        [("a[]", "1"), ("a[b]", "2")],
        [("a[b]", "1"), ("a[b]", "2")],
        [("a[b", "1")], [("a[b]c", "1")], [("a[[b]]", "1")],
        [("a[][][][][][][][][]", "1")],
        [("extra_body", "seed=7")],
    ])
    func misfits(fields: [(String, String)]) {
        #expect(throws: RequestProblem.self) { try body(fields) }
    }
}
