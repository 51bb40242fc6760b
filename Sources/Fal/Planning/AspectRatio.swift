import Glibc

/// The shape of an image, as written: `16:9` and `32:18` differ in text, not in `value`.
package struct AspectRatio: Sendable, Hashable, CustomStringConvertible {
    package let width: Int
    package let height: Int

    /// `16:9`: two positive whole numbers.
    package init?(_ text: String) {
        guard let (width, height) = twoNumbers(in: text, between: [UInt8(ascii: ":")]) else { return nil }
        self.init(checkedWidth: width, height: height)
    }

    init(checkedWidth width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    package var value: Double { Double(width) / Double(height) }
    package var description: String { "\(width):\(height)" }

    /// How far two shapes are apart: |log(w/h) - log(a/b)|, so that 1:2 is as far from 1:1 as 2:1.
    package func distance(to other: AspectRatio) -> Double {
        hasSameShape(as: other) ? 0 : abs(log(value) - log(other.value))
    }

    /// Exact, without rounding: 1920x1080 has the shape 16:9, 1366x768 has not.
    package func hasSameShape(as other: AspectRatio) -> Bool {
        width * other.height == height * other.width
    }
}

extension Array {
    /// The element for which `distance` is least; the earlier one where two are equally near.
    func nearest(by distance: (Element) -> Double) -> Element? {
        var best: (element: Element, distance: Double)?
        for element in self {
            let far = distance(element)
            if let best, best.distance <= far { continue }
            best = (element, far)
        }
        return best?.element
    }
}
