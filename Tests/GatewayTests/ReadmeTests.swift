import Fal
import Foundation
import JSON
import Testing

@testable import Gateway
@testable import OpenAI

/// The examples under "What you send, what fal gets" are run, from the body to fal's jobs.
@Suite("The README") struct ReadmeTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let model: String
        let sent: String
        let got: [String]
        /// The headers that tell of it.
        let told: [String]
        var testDescription: String { "\(model) \(sent)" }
    }

    static let examples: [Example] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../README.md").standardized
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
        return text.split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|").map { codes(in: $0) }
            guard cells.count == 4, let model = cells[0].first, let sent = cells[1].first, sent.hasPrefix("{") else { return nil }
            return Example(model: model, sent: sent, got: cells[2], told: cells[3])
        }
    }()

    /// Every text between back-ticks.
    private static func codes(in cell: Substring) -> [String] {
        cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .compactMap { $0.offset % 2 == 1 ? String($0.element) : nil }
    }

    @Test("has examples")
    func some() {
        #expect(Self.examples.count >= 12)
    }

    @Test("says what fal gets", arguments: examples)
    func example(example: Example) throws {
        let configuration = try configured(modelList(("m", "fal_ai/\(example.model)", "")))
        let deployment = try Routing(configuration).deployment(for: "m")
        var body = try #require(try JSON.parse(example.sent).objectValue)
        body["prompt"] = "x"
        let wanted = try ImageRequest.decode(.object(body), maximumImages: 10)
        let plan = try deployment.profile.plan(wanted.parameters(for: deployment), price: deployment.price)
        let inputs = plan.calls.map { call in
            var input = call.input
            input["prompt"] = nil
            return input
        }
        let promised = try example.got.map { try #require(try JSON.parse($0).objectValue) }
        #expect(inputs.map { Set($0.keys) } == promised.map { Set($0.keys) })
        for (input, promise) in zip(inputs, promised) {
            for (name, value) in promise.members { #expect(input[name] == value, "\(name)") }
        }
        let dropped = plan.dropped.map(\.name).joined(separator: ", ")
        #expect(example.told == [plan.sizeNote, dropped.isEmpty ? nil : dropped].compactMap { $0 })
    }
}
