import Testing

@testable import Gateway

@Suite("Dimensions in headers") struct ImageDimensionsTests {
    struct File: Sendable, CustomTestStringConvertible {
        let name: String
        let format: ImageFormat
        let bytes: [UInt8]
        let width: Int
        let height: Int
        var testDescription: String { name }
    }

    static let files = [
        File(
            name: "PNG", format: .png,
            bytes: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13] + Array("IHDR".utf8)
                + [0, 0, 0x07, 0x80, 0, 0, 0x04, 0x38],
            width: 1920, height: 1080),
        File(name: "GIF", format: .gif, bytes: Array("GIF89a".utf8) + [0x40, 0x01, 0xf0, 0x00], width: 320, height: 240),
        File(
            name: "WebP, lossy", format: .webp,
            bytes: Array("RIFF....WEBPVP8 ....".utf8) + [0x30, 0x01, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x42, 0x68, 0x41],
            width: 640, height: 360),
        File(
            name: "WebP, lossless", format: .webp,
            // 639 and 359, 14 bits each.
            bytes: Array("RIFF....WEBPVP8L....".utf8) + [0x2f, 0x7f, 0xc2, 0x59, 0x00], width: 640, height: 360),
        File(
            name: "WebP, extended", format: .webp,
            bytes: Array("RIFF....WEBPVP8X....".utf8) + [0x10, 0, 0, 0, 0x7f, 0x02, 0x00, 0x67, 0x01, 0x00], width: 640,
            height: 360),
        File(
            name: "JPEG with Exif, tables and padding before its frame", format: .jpeg,
            bytes: [0xff, 0xd8, 0xff, 0xe1, 0x00, 0x06, 0xff, 0xc0, 0x01, 0x02]
                + [0xff, 0xc4, 0x00, 0x03, 0x00, 0xff, 0xff, 0xff, 0xdb, 0x00, 0x02]
                + [0xff, 0xc2, 0x00, 0x0b, 0x08, 0x01, 0x68, 0x02, 0x80],
            width: 640, height: 360),
    ]

    @Test("each format says them in its own place", arguments: files)
    func read(file: File) throws {
        let size = try #require(ImageDimensions(file.bytes[...], format: file.format))
        #expect(size.width == file.width)
        #expect(size.height == file.height)
        #expect(size.pixels == file.width * file.height)
        // A slice of a body does not begin at 0.
        #expect(ImageDimensions(([9, 9, 9] + file.bytes)[3...], format: file.format) == size)
    }

    @Test("a header that is cut off says nothing", arguments: files)
    func beginnings(file: File) {
        for count in file.bytes.indices {
            #expect(ImageDimensions(file.bytes[..<count], format: file.format) == nil)
        }
    }

    @Test("a damaged header says nothing, or something else, and never traps", arguments: files)
    func damaged(file: File) {
        for index in file.bytes.indices {
            for byte: UInt8 in [0x00, 0x01, 0x7f, 0x80, 0xff] {
                var bytes = file.bytes
                bytes[index] = byte
                if let size = ImageDimensions(bytes[...], format: file.format) { #expect(size.pixels > 0) }
            }
        }
    }

    @Test("edges whose product no integer holds are too many pixels")
    func enormous() throws {
        let largest: [UInt8] = [0xff, 0xff, 0xff, 0xff]
        let png: [UInt8] = Self.files[0].bytes.prefix(16) + largest + largest
        #expect(try #require(ImageDimensions(png[...], format: .png)).pixels == .max)
    }

    @Test("nothing is no size", arguments: [
        (ImageFormat.gif, Array("GIF89a".utf8) + [0, 0, 1, 0]), (.jpeg, [0xff, 0xd8, 0xff, 0xda, 0, 2]),
        (.jpeg, [0xff, 0xd8, 0xff, 0xe0, 0, 0]), (.svg, Array("<svg width='3' height='3'/>".utf8)),
    ])
    func none(format: ImageFormat, bytes: [UInt8]) {
        #expect(ImageDimensions(bytes[...], format: format) == nil)
    }
}
