import OpenAI
import Testing

@Suite("Requested size") struct RequestedSizeTests {
    @Test(
        "pixels, ratios, fal's presets and auto are sizes",
        arguments: [
            ("auto", .auto),
            ("1024x1024", .pixels(width: 1024, height: 1024, text: "1024x1024")),
            ("1x14142", .pixels(width: 1, height: 14142, text: "1x14142")),
            ("16:9", .ratio(width: 16, height: 9, text: "16:9")),
            ("1:14142", .ratio(width: 1, height: 14142, text: "1:14142")),
            ("square_hd", .preset(.squareHD)), ("square", .preset(.square)),
            ("portrait_4_3", .preset(.portrait4x3)), ("portrait_16_9", .preset(.portrait16x9)),
            ("landscape_4_3", .preset(.landscape4x3)), ("landscape_16_9", .preset(.landscape16x9)),
        ] as [(String, RequestedSize)])
    func accepted(text: String, size: RequestedSize) {
        #expect(RequestedSize(text) == size)
        #expect(RequestedSize(text)?.text == text)
    }

    @Test(
        "anything else is not",
        arguments: [
            "", " ", "x", ":", "0x0", "0x1024", "1024x0", "10x", "x10", "axb", "99999x1", "1x99999", "14143x1", "1x14143", "-1x1",
            "+1x1", "1x-1", "1.5x2", "1e3x1", "1024", "1024x1024x1", "1024X1024", "1024×1024", "1024*1024", "512 x 512", " 512x512",
            "512x512 ", "0512x512", "512x0512", "١x١", "16:9:1", "16/9", "0:1", "1:0", "1.78:1", ":9", "16:", "Auto", "AUTO",
            "square_HD", "landscape", "large", "1x1\0", "99999999999999999999999x1",
        ])
    func refused(text: String) {
        #expect(RequestedSize(text) == nil)
    }

    @Test("a prefix of a size is a size only where it makes sense by itself")
    func prefixes() {
        let text = "1792x1024"
        let accepted = (0...text.count).filter { RequestedSize(String(text.prefix($0))) != nil }
        // "1792x1", "1792x10", "1792x102" and the whole.
        #expect(accepted == [6, 7, 8, 9])
    }
}
