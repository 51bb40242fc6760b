/// Connections that wait for their client, in the order in which they began to: the oldest is given up
/// first. Entering, leaving and finding the oldest take constant time.
final class ConnectionList {
    private(set) var oldest: ServerConnection?
    private var newest: ServerConnection?

    fileprivate func append(_ connection: ServerConnection) {
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
    /// What a connection on `ServerLoop.waiting` waits for.
    enum Waiting {
        /// A request; closing it takes nothing from its client.
        case request
        /// The rest of a head, or of a TLS handshake, however its bytes trickle in.
        case head
        /// The next piece of a body to come, or of an answer to be taken.
        case piece
        /// The client's end, behind the last answer.
        case end
    }

    /// Goes to the end of the line of those who wait. One that is being turned away has no place to
    /// give up, and stays outside.
    func wait(for what: Waiting) {
        guard holdsPlace else { return }
        stopWaiting()
        waiting = what
        loop.waiting.append(self)
    }

    /// Leaves the line, if it stands in it.
    func stopWaiting() {
        guard waiting != nil else { return }
        loop.waiting.unlink(self)
        waiting = nil
    }
}
