extension Schema {
    /// The spend log as one tree.
    static let spendLogByTime = """
        -- One row a request, never deleted. Key and order are those of the queries: by time, then by
        -- id. So a row is written once, at the right edge of one tree, where it had a tree of rows, one
        -- of ids and one of times. Whoever looks for a row knows when its request came in.
        CREATE TABLE spend_by_time (
          request_id TEXT NOT NULL,
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
          tags TEXT NOT NULL,
          PRIMARY KEY (started_at, request_id)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO spend_by_time SELECT * FROM spend_logs;
        DROP TABLE spend_logs;
        ALTER TABLE spend_by_time RENAME TO spend_logs;
        """
}
