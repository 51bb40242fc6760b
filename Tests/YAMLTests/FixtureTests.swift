import Foundation
import Testing

@testable import YAML

/// Every document in Fixtures beside the value that PyYAML 6.0.3 gives for it.
@Suite("PyYAML") struct FixtureTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")

    static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    }()

    private func bytes(_ file: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: Self.folder.appendingPathComponent(file)))
    }

    @Test("the documents are there")
    func complete() {
        #expect(Self.names.count >= 65)
    }

    @Test("a document that loads means what PyYAML says it means", arguments: names)
    func sameMeaning(name: String) throws {
        let expected = String(decoding: try bytes("\(name).json"), as: UTF8.self)
        let node = try YAML.parse(try bytes("\(name).yaml"))
        #expect(CanonicalJSON.text(node) == expected)
    }

    @Test("a document cut anywhere loads or is refused at a place inside of it", arguments: names)
    func everyPrefix(name: String) throws {
        let text = try bytes("\(name).yaml")
        let lines = text.split(separator: .lineFeed, omittingEmptySubsequences: false).count
        // Every position of the short ones; of the long ones as many as a second allows.
        for length in stride(from: 0, to: text.count, by: 1 + text.count / 500) {
            do throws(YAMLError) {
                _ = try YAML.parse(Array(text[..<length]))
            } catch {
                #expect((1...lines).contains(error.line), "\(length) bytes: \(error)")
                #expect(error.column >= 1)
            }
        }
    }

    @Test("CR LF and CR end a line as LF does", arguments: names)
    func lineEndings(name: String) throws {
        let text = String(decoding: try bytes("\(name).yaml"), as: UTF8.self).replacingOccurrences(of: "\r\n", with: "\n")
        let node = try YAML.parse(Array(text.utf8))
        for ending in ["\r\n", "\r"] {
            let other = try YAML.parse(Array(text.replacingOccurrences(of: "\n", with: ending).utf8))
            #expect(node == other)
        }
    }
}
