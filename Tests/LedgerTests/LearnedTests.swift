import TemporaryFolders
import Testing

@testable import Ledger

@Suite("What was learned from fal") struct LearnedTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private static let qwen = LearnedProfileRow(
        endpoint: "fal-ai/qwen-image", profile: #"{"id": "fal-ai/qwen-image"}"#, learnedAt: .noon)
    private static let price = LearnedPriceRow(
        endpoint: "fal-ai/flux/dev", unit: "megapixels", unitPrice: "0.025", currency: "USD", fetchedAt: .noon)

    @Test("profiles and prices are there after the next start, the later ones of an endpoint")
    func kept() async throws {
        let ledger = try Ledger(path: folder.database)
        var later = Self.qwen
        later.profile = "{}"
        try await ledger.store(Self.qwen)
        try await ledger.store(later)
        try await ledger.store([Self.price, LearnedPriceRow(
            endpoint: "fal-ai/sana", unit: "images", unitPrice: "1e-9", currency: "USD", fetchedAt: .noon)])
        try await ledger.store([Self.price])
        ledger.close()

        let reader = try LedgerReader(path: folder.database)
        #expect(try reader.learnedProfiles() == [later])
        #expect(try reader.learnedPrices().map(\.endpoint) == ["fal-ai/flux/dev", "fal-ai/sana"])
        #expect(try reader.learnedPrices().first == Self.price)
    }

    @Test("forgetting takes profile and price, and says when there was nothing")
    func forgotten() async throws {
        let ledger = try Ledger(path: ":memory:")
        try await ledger.store(Self.qwen)
        try await ledger.store([Self.price])
        #expect(try await ledger.forget(endpoint: "fal-ai/qwen-image"))
        #expect(try await ledger.forget(endpoint: "fal-ai/flux/dev"))
        #expect(try await !ledger.forget(endpoint: "fal-ai/flux/dev"))
        #expect(try await ledger.learnedProfiles().isEmpty)
        #expect(try await ledger.learnedPrices().isEmpty)
    }

    @Test("the store makes a database where there is none, and writes beside a running gateway")
    func beside() async throws {
        try LearnedStore(path: folder.database).store(Self.qwen)
        let ledger = try Ledger(path: folder.database)
        #expect(try await ledger.learnedProfiles() == [Self.qwen])

        let store = try LearnedStore(path: folder.database)
        try store.store([Self.price])
        #expect(try await ledger.learnedPrices() == [Self.price])
        #expect(try store.forget(endpoint: "fal-ai/qwen-image"))
        #expect(try await ledger.learnedProfiles().isEmpty)
        try await ledger.serve(1)
    }
}
