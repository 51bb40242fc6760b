import Testing

@testable import FalSimulator

@Suite("Image bytes") struct ImageBytesTests {
    static let sizes = [(1, 1), (2, 3), (15, 17), (16, 16), (257, 259), (512, 512), (1792, 1024), (1, 4096)]

    @Test("a PNG has the asked dimensions, true checksums and every pixel", arguments: sizes)
    func png(width: Int, height: Int) throws {
        let file = image(.png, width, height)
        let chunks = try #require(PNGReader.chunks(of: file))
        #expect(chunks.map(\.type) == ["IHDR", "PLTE", "IDAT", "IEND"])
        #expect(PNGReader.dimensions(in: chunks[0].contents) == [width, height])
        let pixels = try #require(Inflate.zlib(chunks[2].contents))
        #expect(pixels.count == height * (width + 1))
        #expect((0..<height).allSatisfy { pixels[$0 * (width + 1)] == 0 })
        #expect((0..<height).allSatisfy { row in
            let start = row * (width + 1) + 1
            return pixels[start..<start + width].allSatisfy { $0 == pixels[start] }
        })
    }

    @Test("a JPEG has the asked dimensions and well-formed segments", arguments: sizes)
    func jpeg(width: Int, height: Int) throws {
        let markers = try #require(JPEGReader.segments(of: image(.jpeg, width, height)))
        #expect(markers.map(\.marker) == [0xE0, 0xDB, 0xC0, 0xC4, 0xC4, 0xDA])
        let frame = markers[2].contents
        #expect(Int(frame[1]) << 8 | Int(frame[2]) == height)
        #expect(Int(frame[3]) << 8 | Int(frame[4]) == width)
    }

    @Test("every colour of a JPEG can be decoded, from the top to its half at the bottom")
    func jpegColours() throws {
        for hue in 0..<Colour.hues {
            var image = specification(.jpeg, 40, 120)
            image.colour = Colour(hue: hue)
            let rows = try #require(FlatJPEGReader.rows(of: ImageBytes.encode(image).bytes), "hue \(hue)")
            #expect(rows.count == 8)
            let (top, bottom) = (rows[0], rows[7])
            #expect(abs(luminance(image.colour) - Double(top[0])) < 1)
            #expect(abs(luminance(image.colour.faded(1, of: 1)) - Double(bottom[0])) < 1)
        }
    }

    private func luminance(_ colour: Colour) -> Double {
        0.299 * Double(colour.red) + 0.587 * Double(colour.green) + 0.114 * Double(colour.blue)
    }

    @Test("a WebP has the asked dimensions and a true length", arguments: sizes)
    func webp(width: Int, height: Int) {
        let file = image(.webp, width, height)
        #expect(file.starts(with: Array("RIFF".utf8)))
        #expect(Int(file[4]) | Int(file[5]) << 8 == file.count - 8)
        #expect(Array(file[8..<16]) == Array("WEBPVP8L".utf8))
        #expect(file[20] == 0x2F)
        let bits = UInt32(file[21]) | UInt32(file[22]) << 8 | UInt32(file[23]) << 16 | UInt32(file[24]) << 24
        #expect(Int(bits & 0x3FFF) + 1 == width)
        #expect(Int(bits >> 14 & 0x3FFF) + 1 == height)
    }

    @Test("an SVG says its size")
    func svg() {
        let text = String(decoding: image(.svg, 300, 200), as: UTF8.self)
        #expect(text.hasPrefix("<svg "))
        #expect(text.contains(#"width="300" height="200""#))
    }

    @Test("a megapixel is small, whatever the format", arguments: ImageFormat.allCases)
    func small(format: ImageFormat) {
        #expect(image(format, 1024, 1024).count < 16_384)
    }

    @Test(
        "padding makes the file as large as asked and keeps it readable",
        arguments: [1, 11, 60_000, 60_001, 1_000_000])
    func padding(bytes: Int) throws {
        for format in ImageFormat.allCases {
            let plain = image(format, 64, 64).count
            let padded = image(format, 64, 64, padding: bytes)
            #expect((bytes...bytes + 20).contains(padded.count - plain), "\(format)")
            switch format {
            case .png: #expect(PNGReader.chunks(of: padded)?.last?.type == "IEND")
            case .jpeg: #expect(JPEGReader.segments(of: padded)?.last?.marker == 0xDA)
            case .webp:
                let length = (0..<4).reduce(0) { $0 | Int(padded[4 + $1]) << (8 * $1) }
                #expect(length == padded.count - 8)
            case .svg: #expect(padded.last == UInt8(ascii: "\n"))
            }
        }
    }

    @Test("a hundred megabytes of padding are one block many times")
    func paddingIsShared() {
        let segments = ImageBytes.encode(specification(.jpeg, 64, 64, padding: 100_000_000)).segments
        let blocks = Set(segments.map { $0.withUnsafeBufferPointer { $0.baseAddress } })
        #expect(segments.count > 1000)
        #expect(blocks.count < 5)
    }

    @Test("equal specifications give equal bytes, other colours other bytes")
    func deterministic() {
        for format in ImageFormat.allCases {
            let one = specification(format, 40, 30)
            var other = one
            other.colour = Colour(hue: 40)
            #expect(ImageBytes.encode(one) == ImageBytes.encode(one))
            #expect(ImageBytes.encode(one) != ImageBytes.encode(other))
        }
    }

    @Test("there are sixty-four colours")
    func colours() {
        #expect(Set((0..<Colour.hues).map { Colour(hue: $0) }).count == 64)
        #expect(Colour(hue: 64) == Colour(hue: 0))
    }

    private func image(_ format: ImageFormat, _ width: Int, _ height: Int, padding: Int = 0) -> [UInt8] {
        ImageBytes.encode(specification(format, width, height, padding: padding)).bytes
    }

    private func specification(
        _ format: ImageFormat, _ width: Int, _ height: Int, padding: Int = 0
    ) -> ImageSpecification {
        ImageSpecification(
            format: format, width: width, height: height, colour: Colour(hue: 7), padding: padding)
    }
}
