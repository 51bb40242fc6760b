import Reactor

/// What a connection has read and not yet consumed.
///
/// Reads go into the loop's shared scratch buffer, whose content is good until the next suspension;
/// `keep()` copies what must outlive one. A connection that waits for a request therefore holds no
/// buffer at all, and one whose client sends requests ahead holds at most one scratch buffer's worth.
struct InputBuffer {
    enum Fill {
        case bytes
        case nothingYet
        /// The client sends no more.
        case end
    }

    private let scratch: UnsafeMutableRawBufferPointer
    /// What is left of the last read, in `scratch`.
    private var fresh = 0..<0
    /// What is left of an earlier read.
    private var kept: ArraySlice<UInt8> = []

    init(scratch: UnsafeMutableRawBufferPointer) {
        self.scratch = scratch
    }

    var count: Int { kept.count + fresh.count }
    var isEmpty: Bool { kept.isEmpty && fresh.isEmpty }

    /// Shows `body` what is there; `body` returns how many bytes it used up.
    mutating func consume(
        _ body: (UnsafeBufferPointer<UInt8>) throws(ProtocolError) -> Int
    ) throws(ProtocolError) {
        if kept.isEmpty {
            let bytes = UnsafeRawBufferPointer(rebasing: scratch[fresh]).assumingMemoryBound(to: UInt8.self)
            fresh = (fresh.lowerBound + (try body(bytes)))..<fresh.upperBound
            return
        }
        let used = try kept.withUnsafeBufferPointer { bytes throws(ProtocolError) in try body(bytes) }
        kept.removeFirst(used)
        if kept.isEmpty { kept = [] }
    }

    /// Copies what is in the shared buffer. Called before anything that may suspend.
    mutating func keep() {
        guard !fresh.isEmpty else { return }
        kept = ArraySlice(UnsafeRawBufferPointer(rebasing: scratch[fresh]))
        fresh = 0..<0
    }

    /// Reads what the kernel has. Only when everything before is consumed.
    mutating func fill(from socket: Socket) throws(IOFailure) -> Fill {
        precondition(isEmpty, "unconsumed input would be overwritten")
        guard let count = try socket.tryRead(into: scratch) else { return .nothingYet }
        fresh = 0..<count
        return count == 0 ? .end : .bytes
    }
}
