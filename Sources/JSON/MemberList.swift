/// The members of the object being read, with a search for repeated keys that stays linear.
///
/// A short list is compared one by one, which is the fastest thing for real requests. From
/// `walkLimit` on an index is kept, so that a hostile object with a hundred thousand keys costs
/// what its size says. Swift seeds its hashes by process: keys cannot be chosen to collide.
struct MemberList {
    private static let walkLimit = 16

    private(set) var members: [JSONObject.Member] = []
    private var index: [Key: Int] = [:]
    /// Where the key that was admitted last belongs: an earlier place, or the end.
    private var place = 0

    /// - Returns: `false` when the key is there already and must not be.
    mutating func admit(_ key: String, duplicates: DuplicateKeys) -> Bool {
        if let earlier = find(key) {
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
