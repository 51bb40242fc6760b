import Synchronization

/// The requests that run in this process, over all loops, by id.
final class RunningRequests: Sendable {
    private let requests = Mutex<[String: RunningRequest]>([:])

    var count: Int { requests.withLock { $0.count } }

    /// Whether requests run that came to this process.
    var hasOwn: Bool { requests.withLock { $0.values.contains { $0.origin == .own } } }

    /// - Returns: `false`, and nothing has changed, when a request of that id runs already.
    @discardableResult
    func add(_ request: RunningRequest) -> Bool {
        requests.withLock { requests in
            guard requests[request.id] == nil else { return false }
            requests[request.id] = request
            return true
        }
    }

    func remove(_ id: String) {
        _ = requests.withLock { $0.removeValue(forKey: id) }
    }

    subscript(id: String) -> RunningRequest? {
        requests.withLock { $0[id] }
    }
}
