import Foundation
import Glibc
import Testing

@testable import HTTP

@Suite("Base64") struct Base64Tests {
    /// Bytes without a pattern that a table could hide behind.
    private func bytes(_ count: Int) -> [UInt8] {
        var state: UInt32 = 2_463_534_242
        return (0..<count).map { _ in
            state ^= state << 13
            state ^= state >> 17
            state ^= state << 5
            return UInt8(truncatingIfNeeded: state)
        }
    }

    private func encode(_ pieces: [ArraySlice<UInt8>]) -> String {
        var encoder = Base64Encoder()
        var text: [UInt8] = []
        for piece in pieces { encoder.encode(Array(piece), into: &text) }
        encoder.finish(into: &text)
        return String(decoding: text, as: UTF8.self)
    }

    @Test("the examples of RFC 4648", arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func examples(plain: String, text: String) throws {
        #expect(String(decoding: Base64.encode(Array(plain.utf8)), as: UTF8.self) == text)
        #expect(try Base64.decode(text[...]) == Array(plain.utf8))
    }

    @Test("every length up to 100 is as Foundation has it, and comes back")
    func lengths() throws {
        for count in 0...100 {
            let plain = bytes(count)
            let text = Base64.encode(plain)
            #expect(String(decoding: text, as: UTF8.self) == Data(plain).base64EncodedString())
            #expect(text.count == Base64.encodedCount(of: count))
            #expect(try Base64.decode(text) == plain)
        }
    }

    @Test("every 12-bit value has its two characters")
    func table() throws {
        let plain = (0..<4096).flatMap { (value: Int) -> [UInt8] in
            [UInt8(value >> 4), UInt8((value << 4 | value >> 8) & 0xff), UInt8(value & 0xff)]
        }
        #expect(String(decoding: Base64.encode(plain), as: UTF8.self) == Data(plain).base64EncodedString())
    }

    @Test("pieces of any size give the text of the whole")
    func pieces() {
        let plain = bytes(41)
        let whole = Data(plain).base64EncodedString()
        #expect(encode(plain.indices.map { plain[$0...$0] }) == whole)
        for first in 0...plain.count {
            for second in first...plain.count {
                #expect(encode([plain[..<first], plain[first..<second], plain[second...]]) == whole, "\(first), \(second)")
            }
        }
    }

    @Test("not a byte beyond the last one is read")
    func guardPage() throws {
        let page = 4096
        let memory = try #require(
            mmap(nil, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), "mmap failed")
        defer { munmap(memory, 2 * page) }
        mprotect(memory + page, page, PROT_NONE)
        for count in 0...64 {
            var encoder = Base64Encoder()
            var text: [UInt8] = []
            encoder.encode(UnsafeRawBufferPointer(start: memory + page - count, count: count), into: &text)
            encoder.finish(into: &text)
            #expect(text.count == Base64.encodedCount(of: count))
        }
    }

    @Test("what is not strict base64 is refused where it goes wrong", arguments: [
        ("Zg", 2), ("Zg=", 2), ("Zm9v=", 4), ("Zg==Zg==", 2), ("=", 0), ("====", 0), ("Z===", 1), ("Zh==", 1), ("Zm9=", 2),
        ("Zm 9v===", 2), ("Zm9v\nZg==", 4), ("Zm9-", 3), ("Zm_v", 2), ("Zm9v*m9v", 4), ("Zm9vZ*==", 5), ("Z\u{e4}v", 1),
        ("Zm9v\0AAA", 4),
    ])
    func refused(text: String, offset: Int) {
        #expect(throws: Base64Error(offset: offset)) { try Base64.decode(text[...]) }
    }
}

@Suite("Data URI") struct DataURITests {
    @Test("media type and payload are told apart", arguments: [
        ("data:image/png;base64,Zm9v", "image/png", "foo"),
        ("DATA:Image/PNG;charset=x;BASE64,Zg==", "image/png", "f"),
        ("data:;base64,", "text/plain", ""),
    ])
    func parts(text: String, mediaType: String, plain: String) throws {
        let uri = try DataURI(text)
        #expect(uri.mediaType == mediaType)
        #expect(uri.decodedCount == plain.utf8.count)
        #expect(try uri.decoded(maximumBytes: plain.utf8.count) == Array(plain.utf8))
    }

    @Test("anything else is refused with the reason", arguments: [
        ("https://host/", DataURIError.notDataURI), ("", .notDataURI), ("dat", .notDataURI),
        ("data:image/png;base64", .malformedHeader), ("data:image/png,foo", .notBase64), ("data:,foo", .notBase64),
        ("data:image/png;base64;x=y,Zm9v", .notBase64), ("data:imagepng;base64,Zm9v", .malformedHeader),
        ("data:a/b/c;base64,Zm9v", .malformedHeader), ("data:image/p g;base64,Zm9v", .malformedHeader),
    ])
    func refused(text: String, error: DataURIError) {
        #expect(throws: error) { try DataURI(text) }
    }

    @Test("a header without an end is not searched for long")
    func endlessHeader() {
        #expect(throws: DataURIError.malformedHeader) {
            try DataURI("data:image/png;" + String(repeating: "x", count: 300) + ";base64,Zm9v")
        }
    }

    @Test("a payload is bounded before it is decoded, and checked when it is")
    func payload() throws {
        #expect(throws: DataURIError.tooLarge(limit: 2)) { try DataURI("data:a/b;base64,Zm9v").decoded(maximumBytes: 2) }
        #expect(throws: DataURIError.malformedPayload(offset: 3)) {
            try DataURI("data:a/b;base64,Zm9%").decoded(maximumBytes: 100)
        }
        #expect(try DataURI("data:a/b;base64,%%").decodedCount == 0)
    }
}
