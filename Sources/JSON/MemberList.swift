/// The members of the object being read, with a search for repeated keys that stays linear.
///
/// A short list is compared one by one, and mostly not even that: `marks` tells for almost every
/// key that it is new. From `walkLimit` on an index is kept, so that a hostile object with a hundred
/// thousand keys costs what its size says. Swift seeds its hashes by process: keys cannot be chosen
/// to collide.
struct MemberList {
    private static let walkLimit = 16
    private static let handful = 8

    private(set) var members: [JSONObject.Member] = []
    /// One bit for every key, chosen by its length and a few of its bytes. A key whose bit is not
    /// set is new.
    private var marks: UInt64 = 0
    private var index: [Key: Int] = [:]
    /// Where the key that was admitted last belongs: an earlier place, or the end.
    private var place = 0

    init() {}

    init(_ distinct: [JSONObject.Member]) {
        members.reserveCapacity(distinct.count)
        for member in distinct { add(ifNew: member) }
    }

    /// Stores the member unless there is one of that name.
    mutating func add(ifNew member: JSONObject.Member) {
        if admit(member.key, duplicates: .reject) { set(member.key, member.value) }
    }

    /// - Returns: `false` when the key is there already and must not be.
    mutating func admit(_ key: String, duplicates: DuplicateKeys) -> Bool {
        let mark = Self.mark(of: key)
        let isNew = marks & mark == 0
        marks |= mark
        if !isNew, let earlier = find(key) {
            place = earlier
            return duplicates == .keepLast
        }
        place = members.count
        return true
    }

    /// Stores the value of the key admitted last.
    mutating func set(_ key: String, _ value: JSONValue) {
        guard place == members.count else {
            members[place].value = value
            return
        }
        // Most objects fit: one allocation instead of four.
        if members.isEmpty { members.reserveCapacity(Self.handful) }
        members.append((key, value))
        if members.count > Self.walkLimit {
            index[Key(text: key)] = place
        } else if members.count == Self.walkLimit {
            for (place, member) in members.enumerated() { index[Key(text: member.key)] = place }
        }
    }

    private func find(_ key: String) -> Int? {
        guard members.count < Self.walkLimit else { return index[Key(text: key)] }
        return members.firstIndex { $0.key.hasSameBytes(as: key) }
    }

    private static func mark(of key: String) -> UInt64 {
        let mixed = key.utf8.withContiguousStorageIfAvailable { bytes -> UInt64 in
            guard let first = bytes.first, let last = bytes.last else { return 0 }
            return (UInt64(bytes.count) << 16 | UInt64(first) << 8 | UInt64(last)) &* 0x9E37_79B9_7F4A_7C15
        }
        return 1 << ((mixed ?? 0) >> 58)
    }

    private struct Key: Hashable {
        let text: String

        static func == (left: Key, right: Key) -> Bool {
            left.text.hasSameBytes(as: right.text)
        }

        func hash(into hasher: inout Hasher) {
            var text = text
            text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        }
    }
}
