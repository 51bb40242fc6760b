/// The memory behind the texts and blobs bound to a statement, one block for all of them.
///
/// SQLite reads it while the statement runs. Left to copy the bytes itself it would allocate and
/// free once a value.
final class BoundBytes {
    /// What a statement may keep between uses. Values of a row have a few hundred bytes.
    private static let keptBytes = 64 * 1024
    private static let firstBytes = 512

    private var block = UnsafeMutableRawBufferPointer.allocate(byteCount: firstBytes, alignment: 1)
    private var used = 0
    /// Blocks that were too small for all values. What is in them is bound.
    private var full: [UnsafeMutableRawBufferPointer] = []

    deinit {
        block.deallocate()
        for block in full { block.deallocate() }
    }

    /// Nothing is bound any more.
    func removeAll() {
        used = 0
        for block in full { block.deallocate() }
        full = []
        guard block.count > Self.keptBytes else { return }
        block.deallocate()
        block = .allocate(byteCount: Self.firstBytes, alignment: 1)
    }

    /// Copies `bytes`.
    /// - Returns: where they are until `removeAll`; an address within the block also for none.
    func keep(_ bytes: UnsafeRawBufferPointer) -> UnsafeMutableRawPointer {
        // One byte more than needed, so that there is an address behind the last value.
        if block.count - used <= bytes.count {
            full.append(block)
            block = .allocate(byteCount: max(2 * block.count, bytes.count + 1), alignment: 1)
            used = 0
        }
        guard let start = block.baseAddress.map({ $0 + used }) else { preconditionFailure("an allocated block has an address") }
        if let source = bytes.baseAddress { start.copyMemory(from: source, byteCount: bytes.count) }
        used += bytes.count
        return start
    }
}
