import Testing

@testable import Fal

@Suite("Endpoint") struct EndpointTests {
    @Test("status, result and cancel go to owner and application, never to the path behind them", arguments: [
        ("fal-ai/flux-pro/kontext/max", "fal-ai/flux-pro"),
        ("fal-ai/imagen4/preview", "fal-ai/imagen4"),
        ("fal-ai/fast-sdxl", "fal-ai/fast-sdxl"),
        ("bria/text-to-image/3.2", "bria/text-to-image"),
        ("bytedance/seedream/v5/lite/text-to-image", "bytedance/seedream"),
        ("workflows/somebody/sdxl-style/v2", "workflows/somebody/sdxl-style"),
        ("comfy/somebody/graph", "comfy/somebody/graph"),
    ])
    func queueApp(id: String, app: String) throws {
        #expect(try Endpoint(id).queueApp == app)
        #expect(try Endpoint(id).id == id)
    }

    @Test("fal's oldest ids get their slash")
    func legacy() throws {
        #expect(try Endpoint("110602490-lcm").id == "110602490/lcm")
        #expect(try Endpoint("110602490-lcm-sd15").queueApp == "110602490/lcm-sd15")
    }

    @Test("what could change the meaning of a URL is refused", arguments: [
        ("", EndpointError.empty),
        ("flux", .noApplication),
        ("fal-ai", .noApplication),
        ("workflows/somebody", .noApplication),
        ("/flux", .segment("")),
        ("fal-ai//flux", .segment("")),
        ("fal-ai/flux/", .segment("")),
        ("fal-ai/../admin", .segment("..")),
        ("fal-ai/./flux", .segment(".")),
        ("fal-ai/flux/requests/1/cancel", .segment("requests")),
        ("fal-ai/flux?x=1", .character("?")),
        ("fal-ai/flux#x", .character("#")),
        ("fal-ai/flux%2f", .character("%")),
        ("fal-ai/fl ux", .character(" ")),
        ("fal-ai/flux\r\nX: y", .character("\r")),
        ("fal-ai\\flux", .character("\\")),
        ("fal-ai/flüx", .character("ü")),
        ("https://fal.run/fal-ai/flux", .character(":")),
    ])
    func refused(id: String, reason: EndpointError) {
        #expect(throws: reason) { try Endpoint(id) }
    }

    @Test("an id may have 200 characters, not more")
    func length() throws {
        let longest = "fal-ai/" + String(repeating: "x", count: 193)
        #expect(try Endpoint(longest).id == longest)
        #expect(throws: EndpointError.tooLong) { try Endpoint(longest + "x") }
    }
}
