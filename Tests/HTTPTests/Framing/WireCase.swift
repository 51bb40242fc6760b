import Foundation
import Testing

/// One line of a table in `Cases`: raw bytes, what becomes of them, the rule that says so, and why.
///
/// `verdict | raw bytes | RFC section | reason`. In the first two columns `\r`, `\n`, `\t`, `\0`, `\\`
/// and `\xHH` are single bytes, and `\{ab*3}` is `ababab`. Empty lines and those that begin with
/// `#` are for the reader.
struct WireCase: Sendable, CustomTestStringConvertible {
    let verdict: [UInt8]
    let raw: [UInt8]
    let section: String
    let reason: String

    var testDescription: String { "\(section): \(reason)" }

    /// The cases of `Cases/<name>.txt`.
    static func table(_ name: String) throws -> [WireCase] {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: tests.appendingPathComponent("Cases/\(name).txt"), encoding: .utf8)
        return try text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { try WireCase($0) }
    }

    private init(_ line: Substring) throws {
        // The raw bytes may contain the separator, the other columns do not.
        let columns = line.components(separatedBy: " | ")
        try #require(columns.count >= 4, "\(line)")
        verdict = try WireCase.unescaped(columns[0])
        raw = try WireCase.unescaped(columns[1..<(columns.count - 2)].joined(separator: " | "))
        section = columns[columns.count - 2]
        reason = columns[columns.count - 1]
    }

    private static func unescaped(_ text: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "r"): bytes.append(0x0D)
            case UInt8(ascii: "n"): bytes.append(0x0A)
            case UInt8(ascii: "t"): bytes.append(0x09)
            case UInt8(ascii: "0"): bytes.append(0x00)
            case UInt8(ascii: "\\"): bytes.append(UInt8(ascii: "\\"))
            case UInt8(ascii: "x"):
                bytes.append(try #require(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16), "\(text)"))
                rest = rest.dropFirst(2)
            case UInt8(ascii: "{"):
                let end = try #require(rest.firstIndex(of: UInt8(ascii: "}")), "\(text)")
                let star = try #require(rest[..<end].lastIndex(of: UInt8(ascii: "*")), "\(text)")
                let piece = try unescaped(String(decoding: rest[..<star], as: UTF8.self))
                let count = try #require(Int(String(decoding: rest[(star + 1)..<end], as: UTF8.self)), "\(text)")
                for _ in 0..<count { bytes += piece }
                rest = rest[(end + 1)...]
            default:
                Issue.record("a bad escape in \(text)")
            }
        }
        return bytes
    }

    /// Gives `reading` the bytes whole, byte by byte, and cut in two everywhere: the verdict never changes.
    func check(_ reading: (_ pieces: [[UInt8]]) -> [UInt8]) {
        // The middle of an oversized case is a repetition: every cut in it tells the same story.
        let cuts = raw.count < 2000 ? Array(raw.indices) : Array(0..<100) + Array(raw.count - 100..<raw.count)
        let ways = [[raw], raw.map { [$0] }] + cuts.map { [Array(raw[..<$0]), Array(raw[$0...])] }
        for pieces in ways {
            let found = reading(pieces)
            guard found != verdict else { continue }
            let expected = String(decoding: verdict, as: UTF8.self)
            Issue.record(
                "\(String(decoding: found, as: UTF8.self)) instead of \(expected), in pieces of \(pieces.map(\.count)): \(testDescription)")
            return
        }
    }
}
