/// Which images are kept, and what they weigh together. A value: it knows names and sizes, not the disk.
struct ImageShelf: Sendable, Equatable {
    /// Sizes in bytes by number, for each request.
    private var files: [String: [Int: Int]] = [:]
    /// Oldest first. A request that is gone is passed over.
    private var order: ArraySlice<String> = []
    /// Bytes of all files.
    private(set) var total = 0

    var requests: [String] { Array(files.keys) }

    func contains(_ name: StoredImageName) -> Bool { files[name.request]?[name.number] != nil }

    /// Notes a file; one of the same name is replaced.
    ///
    /// - Returns: the files that have to go, so that no more than `bound` bytes are kept: all of a request's,
    ///   for half an answer is of little use. `nil`, and nothing has changed, when the file alone is too large.
    mutating func add(_ name: StoredImageName, bytes: Int, bound: Int) -> [StoredImageName]? {
        guard bytes <= bound else { return nil }
        remove(name)
        var displaced: [StoredImageName] = []
        while total > bound - bytes, let oldest = order.popFirst() { displaced += remove(request: oldest) }
        if files[name.request] == nil { enqueue(name.request) }
        files[name.request, default: [:]][name.number] = bytes
        total += bytes
        return displaced
    }

    /// The file is not there after all.
    mutating func remove(_ name: StoredImageName) {
        guard let size = files[name.request]?.removeValue(forKey: name.number) else { return }
        total -= size
        if files[name.request]?.isEmpty == true { files[name.request] = nil }
    }

    /// - Returns: the files that were noted of it.
    @discardableResult
    mutating func remove(request: String) -> [StoredImageName] {
        guard let sizes = files.removeValue(forKey: request) else { return [] }
        total -= sizes.values.reduce(0, +)
        return sizes.keys.sorted().map { StoredImageName(request: request, number: $0) }
    }

    private mutating func enqueue(_ request: String) {
        order.append(request)
        // Those that were forgotten in their time never come to the front while there is room.
        if order.count > 2 * files.count + ImageShelf.slack { order = order.filter { files[$0] != nil || $0 == request }[...] }
    }

    /// Forgotten requests in the order that are not worth a pass over it.
    private static let slack = 64
}
