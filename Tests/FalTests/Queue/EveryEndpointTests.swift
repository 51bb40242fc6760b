import FalSimulator
import Foundation
import HTTP
import JSON
import Money
import Reactor
import Testing

@testable import Fal

/// Every endpoint of the table, asked for what people ask for, against a stand-in for fal that reads
/// fal's rules for itself: it refuses what fal refuses, counts and bills as fal does.
@Suite("Every endpoint, as fal sees it") struct EveryEndpointTests {
    private static let casesOfEach = 40

    @Test("what is sent is accepted, and what is delivered was asked for, told and paid", arguments: ProfileCatalog.builtIn.all)
    func everything(profile: EndpointProfile) async throws {
        let fal = try SimulatedFal()
        defer { fal.stop() }
        var dice = SplitMix(seed: profile.endpoint.id.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) })
        var owed = Nanodollars.zero
        var wanted = 0
        for _ in 0..<Self.casesOfEach {
            let wish = Wanted(for: profile, &dice)
            let plan = try profile.plan(wish.parameters)
            #expect(plan.imageCount == wish.count, "\(wish)")
            checkNames(plan, profile, wish)
            checkNearest(plan, profile, wish)
            let jobs = try await fal.run(plan)
            #expect(jobs.reduce(0) { $0 + $1.output.images.count } == wish.count, "\(wish)")
            let settled = check(jobs, plan, profile, wish)
            owed = owed + settled
            wanted += wish.count
        }
        let bill = try await fal.billed()
        #expect(bill.amount == owed)
        #expect(bill.images == wanted)
    }

    /// fal ignores what it does not know: a stray name would be a wish that nobody hears. What the
    /// caller names in fal's own words is his to say.
    private func checkNames(_ plan: Plan, _ profile: EndpointProfile, _ wish: Wanted) {
        let known = profile.described(price: profile.price)["fal_parameters"]
        for name in plan.calls[0].input.keys 
        where name != "prompt" && known?[name] == nil && !wish.parameters.extra.contains(name) {
            Issue.record("\(profile.endpoint) got \(name): \(wish)")
        }
    }

    /// By the definition, not by the code under test.
    private func checkNearest(_ plan: Plan, _ profile: EndpointProfile, _ wish: Wanted) {
        guard let shape = wish.shape else { return }
        let offered: [Double]
        let parameter: String
        switch profile.size {
        case .aspectRatio(let rule): (offered, parameter) = (rule.ratios.map(\.value), rule.parameter)
        case .literal(let rule): (offered, parameter) = (rule.sizes.map(\.ratio.value), rule.parameter)
        case .imageSize, .none, .unlisted: return
        }
        guard let text = plan.calls[0].input[parameter]?.stringValue,
            let sent = AspectRatio(text) ?? PixelSize(text)?.ratio
        else {
            Issue.record("\(wish) sent no shape")
            return
        }
        let far = { (ratio: Double) in abs(log(shape) - log(ratio)) }
        let least = offered.map(far).min() ?? 0
        if far(sent.value) > least + 1e-12 { Issue.record("\(wish) became \(text)") }
    }

    /// - Returns: what the jobs cost by fal's own count of what was delivered.
    private func check(_ jobs: [JobResult], _ plan: Plan, _ profile: EndpointProfile, _ wish: Wanted) -> Nanodollars {
        var sum = Nanodollars.zero
        var exact = Nanodollars.zero
        for (job, call) in zip(jobs, plan.calls) {
            #expect(job.output.images.count == call.imageCount, "\(wish)")
            let sizes = job.output.images.map(Self.delivered)
            for (image, real) in zip(job.output.images, sizes) {
                if let said = image.size, let real { #expect(said == real) }
                if let real {
                    #expect(real.pixelCount <= call.pixels.largest, "\(wish)")
                    if let note = plan.sizeNote { checkNote(note, real, wish) }
                }
            }
            guard let cost = profile.price.cost(of: job.output, for: call, billableUnits: job.billableUnits) else { continue }
            sum = sum + cost.amount
            // Where fal does not tell the size, whoever has the bytes does.
            var known = job.output
            for (index, size) in sizes.enumerated() where known.images[index].size == nil { known.images[index].size = size }
            let billed = profile.price.cost(of: known, for: call, billableUnits: job.billableUnits)?.amount ?? .zero
            exact = exact + billed
            // Never less than fal bills, and where the size was known beforehand the same.
            #expect(cost.amount >= billed, "\(wish)")
            if case .exactly = call.pixels { #expect(cost.amount == billed, "\(wish)") }
        }
        if let most = plan.maximumCost { #expect(sum <= most, "\(wish)") }
        return exact
    }

    /// `1792x1024 -> aspect_ratio 16:9, resolution 2K`: what was told is what came.
    private func checkNote(_ note: String, _ real: PixelSize, _ wish: Wanted) {
        guard let arrow = note.range(of: " -> ") else {
            Issue.record("\(note) has no arrow")
            return
        }
        let words = note[arrow.upperBound...].split { $0 == " " || $0 == "," }
        guard words.count >= 2, let told = ImageSize(String(words[1])) else { return }
        switch told {
        case .pixels(let size): #expect(real == size, "\(note)")
        case .preset(let name) where PixelSize.leavesRatioOpen(name): break
        case .preset(let name): #expect(PixelSize.preset(name) == real, "\(note)")
        case .ratio(let ratio): #expect(real.ratio.distance(to: ratio) < 0.02, "\(note): \(real)")
        case .automatic: break
        }
    }

    /// The stand-in's addresses say what the picture is: `/files/b/{format, colour, width, height, ...}/`.
    private static func delivered(_ image: FalOutput.Image) -> PixelSize? {
        guard case .address(let address) = image.source, let start = address.range(of: "/files/b/") else { return image.size }
        let hex = Array(address[start.upperBound...].prefix(16))
        guard let width = Int(String(hex[8..<12]), radix: 16), let height = Int(String(hex[12..<16]), radix: 16) else { return nil }
        return PixelSize(width: width, height: height)
    }
}
