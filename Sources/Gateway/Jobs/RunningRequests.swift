import Synchronization

/// The requests that run in this process, over all loops, by id.
final class RunningRequests: Sendable {
    private let requests = Mutex<[String: RunningRequest]>([:])

    var count: Int { requests.withLock { $0.count } }

    func add(_ request: RunningRequest) {
        requests.withLock { $0[request.id] = request }
    }

    func remove(_ id: String) {
        _ = requests.withLock { $0.removeValue(forKey: id) }
    }

    subscript(id: String) -> RunningRequest? {
        requests.withLock { $0[id] }
    }
}
