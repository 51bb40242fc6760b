/// A 24-bit sRGB colour.
struct Colour: Sendable, Hashable {
    var red: UInt8
    var green: UInt8
    var blue: UInt8

    /// What fal delivers in place of a picture its safety checker flagged.
    static let black = Colour(red: 0, green: 0, blue: 0)

    /// One of 64 well separated colours.
    ///
    /// The number is small on purpose: images of one size then share few distinct encodings,
    /// which a cache can hold.
    init(hue: UInt8) {
        // Six ramps round the colour circle, eleven steps each, never darker than 64.
        let position = Int(hue % Self.hues) * 6 * 192 / Int(Self.hues)
        let (ramp, step) = (position / 192, UInt8(position % 192))
        let (low, high) = (UInt8(64), UInt8(255))
        let (rising, falling) = (low + step, high - step)
        switch ramp {
        case 0: self.init(red: high, green: rising, blue: low)
        case 1: self.init(red: falling, green: high, blue: low)
        case 2: self.init(red: low, green: high, blue: rising)
        case 3: self.init(red: low, green: falling, blue: high)
        case 4: self.init(red: rising, green: low, blue: high)
        default: self.init(red: high, green: low, blue: falling)
        }
    }

    init(red: UInt8, green: UInt8, blue: UInt8) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    static let hues: UInt8 = 64

    /// This colour at the top of a picture fades to half of it at the bottom.
    ///
    /// - Parameters:
    ///   - step: from 0 (this colour) to `steps`.
    func faded(_ step: Int, of steps: Int) -> Colour {
        guard steps > 0 else { return self }
        func fade(_ value: UInt8) -> UInt8 { UInt8(Int(value) - Int(value) * step / (2 * steps)) }
        return Colour(red: fade(red), green: fade(green), blue: fade(blue))
    }
}
