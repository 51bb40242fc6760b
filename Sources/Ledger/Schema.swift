internal import SQLite

/// The tables, as the steps that led to them. Never edit a step that has been released; add one.
///
/// Money is integer nano-dollars, points in time are milliseconds since 1970 in UTC, durations are
/// microseconds, lists are JSON arrays (so that SQLite's json_each can look into them).
enum Schema {
    static let migrations = [
        Migration(
            number: 1, name: "spend log and job journal",
            sql: """
                PRAGMA application_id = \(applicationID);

                -- One row a request, never deleted. Request ids sort by time, so all three trees
                -- (rows, ids, times) grow at their right edge.
                CREATE TABLE spend_logs (
                  request_id TEXT PRIMARY KEY NOT NULL,
                  started_at INTEGER NOT NULL,
                  call_type TEXT NOT NULL,
                  route TEXT NOT NULL,
                  key_hash TEXT,
                  alias TEXT,
                  endpoint TEXT,
                  deployment_id TEXT,
                  fal_request_ids TEXT NOT NULL,
                  images_asked INTEGER,
                  images INTEGER NOT NULL,
                  sizes TEXT NOT NULL,
                  cost INTEGER NOT NULL,
                  basis TEXT NOT NULL,
                  status TEXT NOT NULL,
                  http_status INTEGER NOT NULL,
                  error_code TEXT,
                  total_us INTEGER NOT NULL,
                  queued_us INTEGER,
                  in_progress_us INTEGER,
                  overhead_us INTEGER,
                  end_user TEXT,
                  tags TEXT NOT NULL
                ) STRICT;
                CREATE INDEX spend_logs_by_time ON spend_logs (started_at);

                -- What may cost money and is not settled. A settled job is deleted in the
                -- transaction that writes its spend row, so the table stays as small as the number
                -- of jobs running, and recovery reads all of it. (A list after IN costs SQLite a temporary
                -- table at each statement, so states are compared one by one.) Each row repeats its request: one
                -- insert, one update, one delete in one tree is what a durable job costs.
                CREATE TABLE jobs (
                  request_id TEXT NOT NULL,
                  ordinal INTEGER NOT NULL,
                  state TEXT NOT NULL CHECK (state = 'reserved' OR state = 'submitted' OR state = 'unknown' OR state = 'abandoned'),
                  deployment_id TEXT NOT NULL,
                  endpoint TEXT NOT NULL,
                  reserved INTEGER NOT NULL,
                  fal_request_id TEXT,
                  status_url TEXT,
                  response_url TEXT,
                  cancel_url TEXT,
                  submitted_at INTEGER,
                  started_at INTEGER NOT NULL,
                  call_type TEXT NOT NULL,
                  route TEXT NOT NULL,
                  key_hash TEXT,
                  alias TEXT NOT NULL,
                  images_asked INTEGER NOT NULL,
                  end_user TEXT,
                  tags TEXT NOT NULL,
                  PRIMARY KEY (request_id, ordinal)
                ) STRICT, WITHOUT ROWID;
                """),
        Migration(
            number: 2, name: "learned profiles and prices",
            sql: """
                -- What fal itself said of endpoints that no table of this program has. A row is
                -- replaced as a whole and read at the start.
                CREATE TABLE learned_profiles (
                  endpoint TEXT PRIMARY KEY NOT NULL,
                  profile TEXT NOT NULL,
                  learned_at INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;

                -- Prices as fal's pricing API gives them. The amount is a decimal text: it may be
                -- finer than a nano-dollar, which only products of it are rounded to.
                CREATE TABLE learned_prices (
                  endpoint TEXT PRIMARY KEY NOT NULL,
                  unit TEXT NOT NULL,
                  unit_price TEXT NOT NULL,
                  currency TEXT NOT NULL,
                  fetched_at INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;
                """),
        Migration(number: 3, name: "stored requests", sql: storedRequests),
        Migration(number: 4, name: "spend log in the order of time", sql: spendLogByTime),
        Migration(number: 5, name: "running requests by what was asked", sql: runningByFingerprint),
    ]

    /// "falg" in the file's header: whose database this is.
    static let applicationID: Int64 = 0x6661_6c67

    /// Brings a database that `check` has let pass to the newest schema.
    static func migrate(_ connection: Connection) throws(LedgerError) {
        do {
            try connection.migrate(migrations)
        } catch {
            throw LedgerError(error)
        }
    }

    /// Finds out whose database it is, without changing anything.
    ///
    /// - Returns: the number of its last migration, 0 for a database without tables.
    /// - Throws: `.foreignFile` for a database with tables that are not ours, `.newerSchema` for
    ///   one that a newer release has written.
    @discardableResult
    static func check(_ connection: Connection) throws(LedgerError) -> Int {
        let (owner, tables, version) = try LedgerError.translating { () throws(SQLiteError) in
            (
                try connection.integer("PRAGMA application_id"),
                try connection.integer("SELECT count(*) FROM sqlite_schema"),
                try connection.schemaVersion()
            )
        }
        guard owner == applicationID || (owner == 0 && tables == 0) else { throw .foreignFile }
        guard version <= migrations.count else { throw .newerSchema(found: version, known: migrations.count) }
        return version
    }
}
