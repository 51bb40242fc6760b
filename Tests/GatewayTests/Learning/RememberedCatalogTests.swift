import Fal
import JSON
import Ledger
import Money
import Testing

@testable import Gateway

@Suite("The catalog of a ledger") struct RememberedCatalogTests {
    private static func row(_ endpoint: String, _ profile: String) -> LearnedProfileRow {
        LearnedProfileRow(endpoint: endpoint, profile: profile, learnedAt: .now)
    }

    private static let readable = #"{"id": "acme/picture", "task": "text-to-image", "output": {"field": "images"}}"#

    @Test("profiles and prices are read; what another release wrote is named and left out")
    func remembering() throws {
        let (catalog, problems) = ProfileCatalog.remembering(
            profiles: [
                Self.row("acme/picture", Self.readable), Self.row("acme/other", Self.readable), Self.row("acme/third", "{"),
                Self.row("acme/fourth", #"{"id": "acme/fourth", "task": "x", "output": {"field": "images"}, "era": 2}"#),
            ],
            prices: [
                LearnedPriceRow(endpoint: "acme/picture", unit: "images", unitPrice: "0.5", currency: "USD", fetchedAt: .now),
                LearnedPriceRow(endpoint: "acme/euro", unit: "images", unitPrice: "0.5", currency: "EUR", fetchedAt: .now),
            ])
        #expect(problems.count == 3)
        #expect(problems.allSatisfy { $0.contains("learned again") })
        #expect(catalog.ids.count == ProfileCatalog.builtIn.ids.count + 1)
        let known = try #require(catalog[try Endpoint("acme/picture")])
        #expect(known.origin == .learned)
        #expect(known.price.isKnown)
        #expect(!catalog.profile(for: try Endpoint("acme/euro")).price.isKnown)
    }

    @Test("what is kept is what is read")
    func roundTrip() throws {
        let row = try #require(try JSON.parse(Self.readable).objectValue)
        let endpoint = try Endpoint("acme/picture")
        let kept = LearnedProfileRow(endpoint: endpoint, row: row)
        #expect(ProfileCatalog.remembering(profiles: [kept], prices: []).catalog[endpoint]?.origin == .learned)
        let price = ListedPrice(endpoint: "acme/picture", unit: "images", unitPrice: try #require(UnitPrice(dollars: "0.0000001")), date: "2026-01-01")
        #expect(LearnedPriceRow(price).listed?.unitPrice == price.unitPrice)
    }

    @Test("without a database's tables there is the built-in table")
    func memory() throws {
        #expect(try ProfileCatalog.remembered(at: ":memory:").catalog.ids == ProfileCatalog.builtIn.ids)
    }
}
