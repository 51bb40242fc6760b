import Testing

@testable import Fal

@Suite("Image size") struct ImageSizeTests {
    @Test("the four forms are understood", arguments: [
        ("auto", ImageSize.automatic),
        ("1024x768", .pixels(PixelSize(checkedWidth: 1024, height: 768))),
        ("1024X768", .pixels(PixelSize(checkedWidth: 1024, height: 768))),
        ("1x14142", .pixels(PixelSize(checkedWidth: 1, height: 14142))),
        ("16:9", .ratio(AspectRatio(checkedWidth: 16, height: 9))),
        ("landscape_16_9", .preset("landscape_16_9")),
        ("auto_2K", .preset("auto_2K")),
    ])
    func understood(text: String, size: ImageSize) {
        #expect(ImageSize(text) == size)
    }

    @Test("everything else is no size", arguments: [
        "", "x", "1024x", "x1024", "0x0", "1024x0", "10x", "axb", "99999x1", "1x14143", "-512x512", "+512x512",
        "512 x 512", " 1024x1024", "1024x1024 ", "1024x1024x3", "1024.5x1024", "1024*1024", "01024x1024", "1024",
        "large", "Auto", "SQUARE", "16:", ":9", "0:9", "16:9:3", "1.91:1", "１０２４x1024", "100000x1", "99999999999999999999x1",
    ])
    func refused(text: String) {
        #expect(ImageSize(text) == nil)
    }

    @Test("shapes are compared on a logarithmic scale: half is as far as double")
    func distance() {
        let square = AspectRatio(checkedWidth: 1, height: 1)
        let wide = AspectRatio(checkedWidth: 2, height: 1)
        let tall = AspectRatio(checkedWidth: 1, height: 2)
        #expect(square.distance(to: wide) == square.distance(to: tall))
        #expect(wide.distance(to: AspectRatio(checkedWidth: 1920, height: 960)) == 0)
    }
}

@Suite("Pixel limits") struct PixelLimitsTests {
    /// The limits that occur in the table, and a few that do not.
    static let all: [PixelLimits] = [
        .unbounded,
        PixelLimits(edge: 512...2048),
        PixelLimits(edge: 1024...4096, pixels: 921_600...16_777_216),
        PixelLimits(pixels: 3_686_400...16_777_216),
        PixelLimits(pixels: 1_048_576...4_194_304, ratio: 16),
        PixelLimits(edge: 16...3840, pixels: 655_360...8_294_400, multiple: 16, ratio: 3),
        PixelLimits(edge: 64...1536, multiple: 64),
        PixelLimits(multiple: 7),
    ]

    static let edges = [1, 2, 15, 16, 17, 100, 255, 511, 512, 513, 640, 1000, 1023, 1024, 1025, 1366, 1440, 1792, 2048, 2049, 3840, 4096, 8000, 14142]

    @Test("whatever is asked for, what is sent is allowed", arguments: all)
    func fitted(limits: PixelLimits) throws {
        for width in Self.edges {
            for height in Self.edges {
                let size = PixelSize(checkedWidth: width, height: height)
                let fitted = try #require(limits.fitted(size), "\(size)")
                #expect(limits.allow(fitted), "\(size) became \(fitted)")
                #expect(limits.fitted(fitted) == fitted)
                if limits.allow(size) { #expect(fitted == size) }
            }
        }
    }

    @Test("the shape is kept where the limits have room for it", arguments: [
        (PixelLimits(edge: 512...2048), "256x256", "512x512"),
        (PixelLimits(edge: 512...2048), "4096x2048", "2048x1024"),
        (PixelLimits(edge: 512...2048), "3840x2160", "2048x1152"),
        (PixelLimits(edge: 512...2048), "8000x100", "2048x512"),
        (PixelLimits(pixels: 3_686_400...16_777_216), "1280x720", "2560x1440"),
        (PixelLimits(edge: 16...3840, pixels: 655_360...8_294_400, multiple: 16, ratio: 3), "1000x1000", "1008x1008"),
        (PixelLimits(edge: 16...3840, pixels: 655_360...8_294_400, multiple: 16, ratio: 3), "3840x2160", "3840x2160"),
        (PixelLimits(edge: 16...3840, pixels: 655_360...8_294_400, multiple: 16, ratio: 3), "4000x1000", "3456x1152"),
        (PixelLimits(edge: 64...1536, multiple: 64), "1792x1024", "1536x896"),
    ])
    func shape(limits: PixelLimits, asked: String, sent: String) throws {
        #expect(limits.fitted(try #require(PixelSize(asked)))?.description == sent)
    }
}
