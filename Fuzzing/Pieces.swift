/// An input as the network may cut it.
///
/// A piece is an array of exactly its length, so that the address sanitizer sees who reads beyond it.
struct Pieces: Sequence, IteratorProtocol {
    private enum Cuts {
        case none, everywhere, one(at: Int)
        /// Pieces of 1 to 64 bytes: a length is six bits of `lengths`, round and round.
        case some(lengths: UInt64)
    }

    private var rest: ArraySlice<UInt8>
    private var cuts: Cuts
    private var piece: [UInt8] = [0]

    /// Whole, bytewise, and either in two or in pieces of several lengths. Which and where is up to the
    /// input: over millions of inputs it is everywhere.
    static func ways(of bytes: [UInt8]) -> [Pieces] {
        let mark = bytes.mark
        let third = mark & 1 == 0 ? Cuts.one(at: Int(mark >> 1 % UInt64(bytes.count + 1))) : .some(lengths: mark)
        return [.none, .everywhere, third].map { Pieces(rest: bytes[...], cuts: $0) }
    }

    static func whole(_ bytes: [UInt8]) -> Pieces { Pieces(rest: bytes[...], cuts: .none) }

    mutating func next() -> [UInt8]? {
        guard let first = rest.first else { return nil }
        let length: Int
        switch cuts {
        case .none:
            length = rest.count
        case .everywhere:
            // In place where its taker has not kept the last one: these are most of all pieces.
            piece[0] = first
            rest.removeFirst()
            return piece
        case .one(let place):
            length = place
            cuts = .none
        case .some(let lengths):
            length = 1 + Int(lengths & 63)
            cuts = .some(lengths: lengths >> 6 | lengths << 58)
        }
        defer { rest = rest.dropFirst(length) }
        return Array(rest.prefix(length))
    }
}

extension [UInt8] {
    /// A number that another input seldom has: what is tried with some inputs alone goes by it.
    var mark: UInt64 {
        // FNV-1a, and its high half mixed into the low one.
        let sum = reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return sum ^ sum >> 32
    }
}
