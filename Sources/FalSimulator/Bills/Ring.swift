/// The last so many of what was appended.
struct Ring<Element: Sendable>: Sendable {
    let capacity: Int
    private var elements: [Element] = []
    private var head = 0
    /// How many were appended in all.
    private(set) var appended = 0

    /// - Parameter capacity: at least 1.
    init(capacity: Int) { self.capacity = max(1, capacity) }

    var count: Int { elements.count }
    /// How many were appended and are gone.
    var dropped: Int { appended - elements.count }

    mutating func append(_ element: Element) {
        appended += 1
        if elements.count < capacity {
            elements.append(element)
        } else {
            elements[head] = element
            head = (head + 1) % capacity
        }
    }

    /// Changes the element that was appended after `number` others, if it is still there.
    mutating func update(_ number: Int, _ change: (inout Element) -> Void) {
        guard number >= dropped, number < appended else { return }
        change(&elements[number % capacity])
    }

    /// Oldest first.
    var all: [Element] { Array(elements[head...] + elements[..<head]) }
}
