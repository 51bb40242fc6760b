internal import Money
internal import SQLite

extension JobRow {
    /// In the order of `bind(to:for:)` and of the two initialisers below.
    static let columns = """
        request_id, ordinal, state, deployment_id, endpoint, reserved, fal_request_id, status_url, \
        response_url, cancel_url, submitted_at, started_at, call_type, route, key_hash, alias, images_asked, \
        end_user, tags
        """
    static let placeholders = "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"

    func bind(to row: inout Binding, for request: RequestRow) {
        row.text(id.requestID)
        row.integer(Int64(id.ordinal))
        row.text(state.rawValue)
        row.text(deploymentID)
        row.text(endpoint)
        row.integer(reserved.rawValue)
        row.text(submission?.falRequestID)
        row.text(submission?.statusURL)
        row.text(submission?.responseURL)
        row.text(submission?.cancelURL)
        row.integer(submission?.at.milliseconds)
        row.integer(request.startedAt.milliseconds)
        row.text(request.callType)
        row.text(request.route)
        row.text(request.keyHash)
        row.text(request.alias)
        row.integer(Int64(request.imagesAsked))
        row.text(request.endUser)
        row.text(TextList.encoded(request.tags))
    }

    init(_ row: borrowing Row) throws(SQLiteError) {
        self.init(
            id: JobID(requestID: row.text(0), ordinal: Int(row.integer(1))), deploymentID: row.text(3),
            endpoint: row.text(4), reserved: Nanodollars(rawValue: row.integer(5)))
        state = try .stored(row.text(2))
        guard let falRequestID = row.optionalText(6) else { return }
        submission = Submission(
            falRequestID: falRequestID, statusURL: row.text(7), responseURL: row.text(8), cancelURL: row.text(9),
            at: Timestamp(milliseconds: row.integer(10)))
    }
}

extension RequestRow {
    init(job row: borrowing Row) throws(SQLiteError) {
        self.init(
            id: row.text(0), startedAt: Timestamp(milliseconds: row.integer(11)), callType: row.text(12),
            route: row.text(13), keyHash: row.optionalText(14), alias: row.text(15), imagesAsked: Int(row.integer(16)))
        endUser = row.optionalText(17)
        tags = try TextList.decoded(row.text(18))
    }
}
