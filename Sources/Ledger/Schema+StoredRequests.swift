extension Schema {
    /// What is kept for the owners of requests.
    static let storedRequests = """
        -- One row an image request: running ones, and those whose answer is kept. Written with the
        -- jobs, ended with the spend row, in their transactions. Ids sort by time, so the rows and
        -- both indexes by time grow at their right edge and shrink at their left; the other two
        -- indexes hold only the rows that need them.
        CREATE TABLE requests (
          request_id TEXT PRIMARY KEY NOT NULL,
          owner TEXT NOT NULL, -- the hash of the caller's key; '' where callers need none
          fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
          idempotency_key TEXT CHECK (length(idempotency_key) <= 255),
          state TEXT NOT NULL CHECK (state = 'running' OR state = 'finished' OR state = 'failed' OR state = 'cancelled'),
          http_status INTEGER,
          answer BLOB,
          rendering BLOB NOT NULL,
          created_at INTEGER NOT NULL,
          ended_at INTEGER,
          expires_at INTEGER,
          webhook_url TEXT,
          webhook_secret_id TEXT,
          webhook_attempts INTEGER NOT NULL DEFAULT 0,
          webhook_next_at INTEGER,
          webhook_delivered_at INTEGER,
          CHECK ((state = 'running') = (ended_at IS NULL)),
          CHECK ((state = 'running') = (expires_at IS NULL))
        ) STRICT, WITHOUT ROWID;
        CREATE UNIQUE INDEX requests_by_idempotency_key ON requests (owner, idempotency_key)
          WHERE idempotency_key IS NOT NULL;
        -- A repetition without a key is rare: it looks through the requests of the last minutes.
        CREATE INDEX requests_by_time ON requests (created_at, fingerprint);
        CREATE INDEX requests_by_expiry ON requests (expires_at) WHERE expires_at IS NOT NULL;
        CREATE INDEX requests_by_webhook ON requests (webhook_next_at) WHERE webhook_next_at IS NOT NULL;
        """

    /// What repetitions without a key look for.
    static let runningByFingerprint = """
        -- A repetition without a key may join what runs. Few requests run at a time, so the index has a
        -- handful of pages, though fingerprints come in no order; by time alone a repetition read an entry
        -- for every request of the last minutes.
        DROP INDEX requests_by_time;
        CREATE INDEX requests_running ON requests (fingerprint, created_at) WHERE state = 'running';
        """
}
