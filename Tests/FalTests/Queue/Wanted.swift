import JSON

@testable import Fal

/// One request, thrown with dice: the sizes people send, and some nobody does.
struct Wanted: CustomStringConvertible {
    let parameters: ImageParameters
    let count: Int
    /// Width over height, where the size has one.
    let shape: Double?

    init(for profile: EndpointProfile, _ dice: inout SplitMix) {
        let text = dice.below(8) == 0 ? nil : Self.size(&dice)
        let size = text.flatMap { ImageSize($0) }
        let number = dice.below(3) == 0 ? Int(dice.below(10)) + 1 : Int(dice.below(3)) + 1
        let isSaid = number > 1 || dice.below(2) == 0
        var parameters = ImageParameters(prompt: "a cat", count: isSaid ? number : nil, size: size)
        if let rule = profile.format, dice.below(2) == 0 {
            parameters.wishes["output_format"] = .string(dice.one(of: rule.values.filter { $0 != "gif" }))
        }
        for (name, values) in Self.wishes where dice.below(4) == 0 {
            parameters.wishes[name] = .string(dice.one(of: values))
        }
        if dice.below(3) == 0 { parameters.extra["seed"] = .integer(Int(dice.below(1 << 31))) }
        for (name, choice) in profile.choices.sorted(by: { $0.key < $1.key }) where dice.below(6) == 0 {
            parameters.extra[name] = .string(dice.one(of: choice.values))
        }
        if profile.takes("enable_web_search"), dice.below(4) == 0 { parameters.extra["enable_web_search"] = true }
        for input in profile.inputs where input.isRequired {
            let address: JSONValue = "https://example.com/cat.png"
            parameters.extra[input.parameter] = input.isList ? [address] : address
        }
        self.parameters = parameters
        count = number
        shape = switch size {
        case .pixels(let size)?: size.ratio.value
        case .ratio(let ratio)?: ratio.value
        case .preset, .automatic, nil: nil
        }
    }

    private static let wishes: [(String, [String])] = [
        ("quality", ["auto", "low", "medium", "high", "standard", "hd"]), ("style", ["vivid", "natural"]),
        ("background", ["auto", "transparent", "opaque"]), ("moderation", ["low", "auto"]), ("user", ["somebody"]),
    ]

    private static func size(_ dice: inout SplitMix) -> String {
        switch dice.below(6) {
        case 0: dice.one(of: SizeRule.openAISizes)
        case 1: dice.one(of: ImageSize.presetNames)
        case 2: "\(dice.below(40) + 1):\(dice.below(40) + 1)"
        case 3: dice.one(of: ["600x800", "1366x768", "1920x1080", "3840x2160", "1x1", "14142x1", "1x14142", "2048x2048"])
        default: "\(dice.below(2400) + 64)x\(dice.below(2400) + 64)"
        }
    }

    var description: String {
        "n \(parameters.count.map(String.init) ?? "-"), size \(parameters.size?.description ?? "-"), \(parameters.wishes), \(parameters.extra)"
    }
}

/// A small generator whose sequence is the same everywhere.
struct SplitMix {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    mutating func below(_ bound: UInt64) -> UInt64 { next() % bound }
    mutating func one<T>(of values: [T]) -> T { values[Int(below(UInt64(values.count)))] }
}
