internal import JSON
internal import Money
internal import SQLite

extension SpendRow {
    /// In the order of `values` and of `init(_:)`.
    static let columns = """
        request_id, started_at, call_type, route, key_hash, alias, endpoint, deployment_id, \
        fal_request_ids, images_asked, images, sizes, cost, basis, status, http_status, error_code, \
        total_us, queued_us, in_progress_us, overhead_us, end_user, tags
        """
    static let placeholders = "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"

    var values: [SQLiteValue] {
        [
            .text(requestID), .integer(startedAt.milliseconds), .text(callType), .text(route),
            SQLiteValue(keyHash), SQLiteValue(alias), SQLiteValue(endpoint), SQLiteValue(deploymentID),
            .text(TextList.encoded(falRequestIDs)), SQLiteValue(imagesAsked.map(Int64.init)), SQLiteValue(images),
            .text(TextList.encoded(sizes)), .integer(cost.rawValue), .text(basis.rawValue), .text(status.rawValue),
            SQLiteValue(httpStatus), SQLiteValue(errorCode), .integer(durations.total.microseconds),
            SQLiteValue(durations.queued?.microseconds), SQLiteValue(durations.inProgress?.microseconds),
            SQLiteValue(durations.overhead?.microseconds), SQLiteValue(endUser), .text(TextList.encoded(tags)),
        ]
    }

    init(_ row: borrowing Row) throws(SQLiteError) {
        self.init(
            requestID: row.text(0), startedAt: Timestamp(milliseconds: row.integer(1)), callType: row.text(2),
            route: row.text(3), status: try .stored(row.text(14)), httpStatus: Int(row.integer(15)),
            durations: Durations(
                total: .microseconds(row.integer(17)), queued: row.optionalInteger(18).map(Duration.microseconds),
                inProgress: row.optionalInteger(19).map(Duration.microseconds),
                overhead: row.optionalInteger(20).map(Duration.microseconds)))
        keyHash = row.optionalText(4)
        alias = row.optionalText(5)
        endpoint = row.optionalText(6)
        deploymentID = row.optionalText(7)
        falRequestIDs = try TextList.decoded(row.text(8))
        imagesAsked = row.optionalInteger(9).map(Int.init)
        images = Int(row.integer(10))
        sizes = try TextList.decoded(row.text(11))
        cost = Nanodollars(rawValue: row.integer(12))
        basis = try .stored(row.text(13))
        errorCode = row.optionalText(16)
        endUser = row.optionalText(21)
        tags = try TextList.decoded(row.text(22))
    }
}

/// A list of texts as a column: a JSON array.
enum TextList {
    static func encoded(_ list: [String]) -> String {
        guard !list.isEmpty else { return "[]" }
        return String(decoding: JSONValue.array(list.map(JSONValue.string)).serialized(), as: UTF8.self)
    }

    static func decoded(_ text: String) throws(SQLiteError) -> [String] {
        guard text != "[]" else { return [] }
        guard let elements = try? JSON.parse(Array(text.utf8), duplicateKeys: .reject).arrayValue else {
            throw .damagedColumn(text)
        }
        return elements.compactMap(\.stringValue)
    }
}

extension RawRepresentable where RawValue == String {
    /// The case that a column names.
    static func stored(_ text: String) throws(SQLiteError) -> Self {
        guard let value = Self(rawValue: text) else { throw .damagedColumn(text) }
        return value
    }
}

extension SQLiteError {
    /// A column holds what this program never writes.
    static func damagedColumn(_ text: String) -> SQLiteError {
        .damaged("a column holds what it cannot hold: \(text.prefix(40))")
    }
}
