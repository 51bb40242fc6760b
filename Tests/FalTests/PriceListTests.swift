import JSON
import Money
import Testing

@testable import Fal

@Suite("fal's price list") struct PriceListTests {
    private static func listed(_ unit: String, _ price: String, _ endpoint: String = "acme/picture") -> ListedPrice {
        ListedPrice(endpoint: endpoint, unit: unit, unitPrice: UnitPrice(dollars: price)!, date: "2026-11-21")
    }

    @Test("a page is read to the last digit, and says where the next one begins")
    func page() throws {
        let list = try #require(PriceList(try JSON.parse(#"""
            {"prices": [{"endpoint_id": "fal-ai/flux/dev", "unit_price": 0.025, "unit": "megapixels", "currency": "USD"},
                        {"endpoint_id": "fal-ai/sana", "unit_price": 2.5e-05, "unit": "compute seconds", "currency": "USD"},
                        {"endpoint_id": "fal-ai/f-lite/standard", "unit_price": 3, "unit": "images", "currency": "EUR"},
                        {"endpoint_id": "fal-ai/recraft-20b", "unit_price": -1, "unit": "images", "currency": "USD"}, 7],
             "next_cursor": "4", "has_more": true}
            """#), on: "2026-11-21"))
        #expect(list.prices == [Self.listed("megapixels", "0.025", "fal-ai/flux/dev"), Self.listed("compute seconds", "0.000025", "fal-ai/sana")])
        #expect(list.unreadable == ["fal-ai/f-lite/standard", "fal-ai/recraft-20b"])
        #expect(list.nextCursor == "4")
        #expect(PriceList(["detail": "no"], on: "2026-11-21") == nil)
    }

    @Test("a price per image or megapixel is replaced, whatever it was counted by before")
    func replaced() {
        let old = Price(rule: .perImage(UnitPrice(dollars: "0.04")!), source: "a page", date: "2026-03")
        let image = old.replaced(by: Self.listed("images", "0.05"))
        #expect(image.rule == .perImage(UnitPrice(dollars: "0.05")!))
        #expect(image.billableUnit == UnitPrice(dollars: "0.05"))
        #expect(image.date == "2026-11-21")
        let unit = UnitPrice(dollars: "0.01")!
        #expect(old.replaced(by: Self.listed("megapixels", "0.01")).rule == .perMegapixel(first: unit, further: unit))
        #expect(Price.unknown.replaced(by: Self.listed("images", "0.01")).rule == .perImage(unit))
    }

    @Test("tiers stay, and the bill is settled by fal's unit")
    func tiers() throws {
        let ideogram = try #require(ProfileCatalog.builtIn[try Endpoint("fal-ai/ideogram/v3")]).price
        let price = ideogram.replaced(by: Self.listed("images", "0.07"))
        #expect(price.rule == ideogram.rule)
        #expect(price.billableUnit == UnitPrice(dollars: "0.07"))
        #expect(price.cost(billableUnits: DecimalQuantity("1.5"))?.amount == Nanodollars(dollars: "0.105"))
    }

    @Test("a unit that cannot be foreseen prices the bill and nothing before it")
    func seconds() throws {
        let price = Price.unknown.replaced(by: Self.listed("compute seconds", "0.001"))
        #expect(!price.isKnown)
        let call = FalCall(input: [:], imageCount: 1, maximumImages: 1, pixels: .atMost(1_048_576))
        let delivered = output([PixelSize(width: 1024, height: 1024)])
        #expect(price.maximumCost(of: call) == nil)
        #expect(price.cost(of: delivered, for: call, billableUnits: DecimalQuantity("2.5")) == Cost(amount: Nanodollars(dollars: "0.0025")!, basis: .billed))
        #expect(price.cost(of: delivered, for: call, billableUnits: nil) == nil)
    }

    @Test("learned profiles and prices come into the catalog; a learned one beats the table's and keeps its price")
    func catalog() throws {
        let flux = try Endpoint("fal-ai/flux/dev")
        let acme = try Endpoint("acme/picture")
        var learned: [EndpointProfile] = []
        for endpoint in [flux, acme] {
            learned.append(try EndpointProfile(
                row: ["id": .string(endpoint.id), "task": "text-to-image", "output": ["field": "images"]], origin: .learned))
        }
        let other = try Endpoint("acme/other")
        let catalog = ProfileCatalog.builtIn.adding(
            learned: learned, prices: [Self.listed("images", "0.01"), Self.listed("images", "0.02", other.id)])
        #expect(catalog.ids.count == ProfileCatalog.builtIn.ids.count + 1)
        #expect(catalog[flux]?.origin == .learned)
        #expect(catalog[flux]?.count == .single)
        #expect(catalog[flux]?.price == ProfileCatalog.builtIn[flux]?.price)
        #expect(catalog[acme]?.price.isKnown == true)
        #expect(catalog[other] == nil)
        #expect(catalog.profile(for: other).origin == .unlisted)
        #expect(catalog.profile(for: other).price.isKnown)
    }

    @Test("keys of a row can be replaced one by one, and a wrong one says where")
    func overriding() throws {
        let flux = try #require(ProfileCatalog.builtIn[try Endpoint("fal-ai/flux/dev")])
        let changed = try flux.overridden(by: [
            "images": nil, "seed": false, "format": ["parameter": "format", "values": ["png"]],
            "size": ["by": "aspect_ratio", "parameter": "aspect_ratio", "values": ["1:1", "16:9"]],
        ])
        #expect(changed.count == .single)
        #expect(!changed.hasSeed)
        #expect(changed.format?.parameter == "format")
        guard case .aspectRatio = changed.size else { throw ProfileLearnerTests.Wrong(changed.size) }
        #expect(changed.price == flux.price)
        #expect(changed.choices == flux.choices)
        #expect(throws: ProfileError(endpoint: "fal-ai/flux/dev", path: "size.by", reason: "'guess' is no way to tell a size")) {
            try flux.overridden(by: ["size": ["by": "guess"]])
        }
        #expect(throws: ProfileError.self) { try flux.overridden(by: ["images": ["parameter": "n", "maximum": 0]]) }
        #expect(throws: ProfileError.self) { try flux.overridden(by: ["price": ["per": "image"]]) }
    }
}
