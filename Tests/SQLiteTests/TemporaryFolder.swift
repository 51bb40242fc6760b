import Foundation
import SQLite

/// A folder of its own for one test, removed with it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "/falgate-sqlite-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }
}

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
