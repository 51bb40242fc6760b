/// The members of a JSON object in the order they were written.
///
/// Look-ups walk the members: the objects this gateway reads have a handful, where a walk beats
/// hashing and keeps the order for free. Keys are compared byte by byte, as they are on the wire.
package struct JSONObject: Sendable {
    package typealias Member = (key: String, value: JSONValue)

    package private(set) var members: [Member]
    private static let handful = 8

    package init() {
        members = []
    }

    /// Takes the members as they are. The caller answers for keys being distinct.
    package init(members: [Member]) {
        self.members = members
    }

    package var count: Int { members.count }
    package var isEmpty: Bool { members.isEmpty }
    package var keys: [String] { members.map(\.key) }

    /// The value of the first member of that name.
    ///
    /// Setting replaces the value in its place or adds the member at the end; setting `nil` removes
    /// the member. (`= .null` stores a JSON null.)
    package subscript(key: String) -> JSONValue? {
        get {
            index(of: key).map { members[$0].value }
        }
        set {
            guard let newValue else {
                removeValue(forKey: key)
                return
            }
            if let index = index(of: key) { members[index].value = newValue } else { append(key, newValue) }
        }
    }

    /// Adds a member at the end without looking for another of that name.
    package mutating func append(_ key: String, _ value: JSONValue) {
        // Most objects have a handful of members: one allocation instead of three.
        if members.isEmpty { members.reserveCapacity(JSONObject.handful) }
        members.append((key, value))
    }

    /// Removes the member and returns its value; `nil` when there is none.
    @discardableResult
    package mutating func removeValue(forKey key: String) -> JSONValue? {
        index(of: key).map { members.remove(at: $0).value }
    }

    package func contains(_ key: String) -> Bool {
        index(of: key) != nil
    }

    private func index(of key: String) -> Int? {
        members.firstIndex { $0.key.hasSameBytes(as: key) }
    }
}

extension JSONObject: Equatable {
    /// Same members in the same order: equal objects serialise to the same bytes.
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.members.elementsEqual(right.members) { left, right in
            left.key.hasSameBytes(as: right.key) && left.value == right.value
        }
    }
}

extension JSONObject {
    /// The compact JSON text of the object.
    package func serialized() -> [UInt8] {
        JSONValue.object(self).serialized()
    }
}

extension JSONObject {
    /// Adds the members of `other` whose names are not here yet, behind the ones that are.
    /// Linear in the members of both, however many a stranger sends.
    package mutating func add(missingFrom other: JSONObject) {
        var list = MemberList(members)
        for member in other.members { list.add(ifNew: member) }
        members = list.members
    }
}
