/// Connections in the order in which they came to the list: the oldest is given up first.
/// Entering, leaving and finding the oldest take constant time. A connection is on one list at most.
final class ConnectionList {
    private(set) var oldest: ServerConnection?
    private var newest: ServerConnection?

    func append(_ connection: ServerConnection) {
        precondition(connection.list == nil, "a connection is on one list at most")
        connection.list = self
        connection.older = newest
        if let newest { newest.newer = connection } else { oldest = connection }
        newest = connection
    }

    fileprivate func unlink(_ connection: ServerConnection) {
        if let older = connection.older { older.newer = connection.newer } else { oldest = connection.newer }
        if let newer = connection.newer { newer.older = connection.older } else { newest = connection.older }
        connection.older = nil
        connection.newer = nil
    }
}

extension ServerConnection {
    /// Leaves its list, if it is on one.
    func leaveList() {
        guard let list else { return }
        list.unlink(self)
        self.list = nil
    }

    /// Moves to the end of `list`.
    func join(_ list: ConnectionList) {
        leaveList()
        list.append(self)
    }
}
