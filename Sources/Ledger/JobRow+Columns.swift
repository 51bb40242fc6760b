internal import Money
internal import SQLite

extension JobRow {
    /// In the order of `values(for:)` and of the two initialisers below.
    static let columns = """
        request_id, ordinal, state, deployment_id, endpoint, reserved, fal_request_id, status_url, \
        response_url, cancel_url, submitted_at, started_at, call_type, route, key_hash, alias, images_asked, \
        end_user, tags
        """
    static let placeholders = "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"

    func values(for request: RequestRow) -> [SQLiteValue] {
        [
            .text(id.requestID), SQLiteValue(id.ordinal), .text(state.rawValue), .text(deploymentID), .text(endpoint),
            .integer(reserved.rawValue), SQLiteValue(submission?.falRequestID), SQLiteValue(submission?.statusURL),
            SQLiteValue(submission?.responseURL), SQLiteValue(submission?.cancelURL),
            SQLiteValue(submission?.at.milliseconds), .integer(request.startedAt.milliseconds),
            .text(request.callType), .text(request.route), SQLiteValue(request.keyHash), .text(request.alias),
            SQLiteValue(request.imagesAsked), SQLiteValue(request.endUser), .text(TextList.encoded(request.tags)),
        ]
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
