/// The memory behind the texts and blobs bound to a statement, one block for all of them.
///
/// SQLite reads it while the statement runs. Left to copy the bytes itself it would allocate and
/// free once a value.
final class BoundBytes {
    /// What a statement may keep between uses. Values of a row have a few hundred bytes.
    private static let keptBytes = 64 * 1024

    private var block = UnsafeMutableRawBufferPointer.allocate(byteCount: 512, alignment: 1)

    deinit {
        block.deallocate()
    }

    /// Memory for all texts and blobs of `values`, valid until the next call.
    func room(for values: [SQLiteValue]) -> UnsafeMutableRawPointer {
        // One more byte, so that the last value, if empty, has an address within the block.
        let needed = values.reduce(1) { $0 + $1.byteCount }
        if needed > block.count || block.count > Self.keptBytes {
            block.deallocate()
            block = .allocate(byteCount: max(needed, 512), alignment: 1)
        }
        guard let start = block.baseAddress else { preconditionFailure("an allocated block has an address") }
        return start
    }

    /// Copies `bytes` to `place` and moves `place` behind them.
    static func copy(_ bytes: UnsafeRawBufferPointer, to place: inout UnsafeMutableRawPointer) -> Int {
        if let start = bytes.baseAddress {
            place.copyMemory(from: start, byteCount: bytes.count)
            place += bytes.count
        }
        return bytes.count
    }
}

extension SQLiteValue {
    fileprivate var byteCount: Int {
        switch self {
        case .text(let text): text.utf8.count
        case .blob(let bytes): bytes.count
        case .null, .integer, .real: 0
        }
    }
}
