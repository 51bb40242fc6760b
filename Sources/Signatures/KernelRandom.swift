import Glibc
import Synchronization

/// Numbers nobody can guess, from the kernel alone, which is asked once for many: asking takes a system call.
///
/// Every byte is handed out once and wiped here when it is. A child of `fork` would hand out the same ones again;
/// falgate has no such children.
package struct KernelRandom: RandomNumberGenerator {
    /// Fetched at once: the 256 bytes that `getentropy`, which is `getrandom` made whole, gives at most.
    private static let words = 32

    private struct Stock {
        var words = InlineArray<32, UInt64>(repeating: 0)
        var count = 0
    }

    private static let stock = Mutex(Stock())

    package init() {}

    package func next() -> UInt64 {
        KernelRandom.stock.withLock { stock in
            if stock.count == 0 { KernelRandom.fill(&stock) }
            stock.count -= 1
            let word = stock.words[stock.count]
            stock.words[stock.count] = 0
            return word
        }
    }

    /// A number from 0 up to 1.
    package static var fraction: Double { Double(KernelRandom().next() >> 11) * 0x1p-53 }

    private static func fill(_ stock: inout Stock) {
        let size = words * MemoryLayout<UInt64>.size
        withUnsafeMutableBytes(of: &stock.words) { bytes in
            guard let start = bytes.baseAddress else { return }
            // A guessable number is worse than none.
            precondition(getentropy(start, size) == 0, "no randomness")
        }
        stock.count = words
    }
}
