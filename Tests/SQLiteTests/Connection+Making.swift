import SQLite
import TemporaryFolders

extension Connection {
    /// A durable database in `folder`, as the ledger opens one.
    static func make(in folder: TemporaryFolder, busyTimeout: Duration = .zero) throws -> Connection {
        let connection = try Connection(
            path: folder.file("test.db"), access: .readWriteCreate, busyTimeout: busyTimeout)
        try connection.useDurableLog()
        return connection
    }

    static func inMemory() throws -> Connection {
        try Connection(path: ":memory:", access: .readWriteCreate, busyTimeout: .zero)
    }
}
