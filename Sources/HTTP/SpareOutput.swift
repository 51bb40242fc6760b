/// The storage of what was composed last, for what is composed next on the same loop.
struct SpareOutput {
    /// A buffer that grew beyond this is not kept: few messages need it, and it would stay for ever.
    private static let mostBytes = 64 * 1024

    private var storage: [UInt8] = []

    /// An empty buffer; `giveBack` lets the next one use its storage.
    mutating func take() -> [UInt8] {
        var output: [UInt8] = []
        swap(&output, &storage)
        return output
    }

    mutating func giveBack(_ output: inout [UInt8]) {
        guard output.capacity <= SpareOutput.mostBytes else { return }
        swap(&output, &storage)
        storage.removeAll(keepingCapacity: true)
    }
}
