import SQLite
import TemporaryFolders
import Testing

@Suite("Migrations") struct MigrationTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    let first = Migration(number: 1, name: "fruit", sql: "CREATE TABLE fruit (name TEXT PRIMARY KEY) STRICT")
    let second = Migration(
        number: 2, name: "colour",
        sql: "ALTER TABLE fruit ADD COLUMN colour TEXT; INSERT INTO fruit VALUES ('plum', 'blue')")

    @Test("migrations run once each, in order")
    func inOrder() throws {
        let connection = try Connection.inMemory()
        try connection.migrate([first])
        #expect(try connection.schemaVersion() == 1)
        try connection.migrate([first, second])
        try connection.migrate([first, second])
        #expect(try connection.schemaVersion() == 2)
        #expect(try connection.integer("SELECT count(*) FROM fruit") == 1)
    }

    @Test("a failing migration leaves no trace, and those before it stay")
    func failing() throws {
        let connection = try Connection.inMemory()
        let broken = Migration(
            number: 2, name: "broken", sql: "CREATE TABLE half (n INTEGER); INSERT INTO nowhere VALUES (1)")
        let error = #expect(throws: MigrationError.self) { try connection.migrate([first, broken]) }
        guard case .failed(let number, let name, let reason) = error else {
            Issue.record("another error: \(String(describing: error))")
            return
        }
        #expect((number, name) == (2, "broken"))
        #expect(reason.message.contains("nowhere"))
        #expect(try connection.schemaVersion() == 1)
        #expect(try connection.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'half'") == 0)
    }

    @Test("a file of a newer release is refused and left as it is")
    func newer() throws {
        let connection = try Connection.inMemory()
        try connection.migrate([first, second])
        #expect(throws: MigrationError.newerSchema(found: 2, known: 1)) { try connection.migrate([first]) }
        #expect(try connection.schemaVersion() == 2)
    }

    @Test("two connections that migrate the same new file at once do the work once")
    func concurrently() async throws {
        let migrations = [first, second]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let connection = try Connection.make(in: folder, busyTimeout: .seconds(10))
                    try connection.migrate(migrations)
                    #expect(try connection.integer("SELECT count(*) FROM fruit") == 1)
                }
            }
            try await group.waitForAll()
        }
    }
}
