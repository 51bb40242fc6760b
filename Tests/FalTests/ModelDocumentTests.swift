import Foundation
import Testing

@testable import Fal

/// `docs/models.md` says what the table says. To write it anew: `UPDATE_DOCS=1 swift test --filter ModelDocument`.
@Suite("docs/models.md") struct ModelDocumentTests {
    @Test("describes every endpoint as it is mapped and priced")
    func upToDate() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/models.md").standardized
        let text = ModelDocument(profiles: ProfileCatalog.builtIn.all).text
        if ProcessInfo.processInfo.environment["UPDATE_DOCS"] != nil {
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        let written = try String(contentsOf: file, encoding: .utf8)
        #expect(written == text, "run this test with UPDATE_DOCS=1 set")
    }
}
