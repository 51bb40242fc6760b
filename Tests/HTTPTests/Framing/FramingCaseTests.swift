import Testing

@testable import HTTP

/// Every rule of RFC 9112, sections 2 to 9, and of RFC 9110, section 5, as bytes and a verdict: the
/// tables are in `Cases`.
@Suite("Framing cases") struct FramingCaseTests {
    @Test("a request's verdict is that of its bytes, however they come", arguments: try WireCase.table("requests"))
    func request(row: WireCase) {
        row.check { RequestReading.verdict($0) }
    }

    @Test("an answer's verdict is that of its bytes, however they come", arguments: try WireCase.table("answers"))
    func answer(row: WireCase) {
        row.check { AnswerReading.verdict($0, to: .get) }
    }

    @Test("an answer to HEAD has no body, whatever its fields say", arguments: try WireCase.table("answers-to-head"))
    func answerToHead(row: WireCase) {
        row.check { AnswerReading.verdict($0, to: .head) }
    }

    /// The sections with rules for recipients that show in bytes. What is not here speaks of senders,
    /// of proxies that forward, or of nothing that a parser sees.
    private static let sections: Set<String> = [
        "9110 5.1", "9110 5.2", "9110 5.3", "9110 5.4", "9110 5.5", "9110 5.6.1", "9110 5.6.2", "9110 5.6.4", "9110 5.6.5",
        "9110 5.6.6", "9112 2.2", "9112 2.3", "9112 3", "9112 3.1", "9112 3.2", "9112 3.2.1", "9112 3.2.2", "9112 3.2.3",
        "9112 3.2.4", "9112 4", "9112 5.1", "9112 5.2", "9112 6", "9112 6.1", "9112 6.2", "9112 6.3", "9112 7", "9112 7.1",
        "9112 7.1.1", "9112 7.1.2", "9112 8", "9112 9.2", "9112 9.3", "9112 9.3.2", "9112 9.6",
    ]

    @Test("every section has its cases, and no case is there twice")
    func coverage() throws {
        let tables = try ["requests", "answers", "answers-to-head"].map { try WireCase.table($0) }
        #expect(FramingCaseTests.sections.subtracting(tables.joined().map(\.section)).isEmpty)
        for table in tables { #expect(Set(table.map(\.raw)).count == table.count) }
    }
}
