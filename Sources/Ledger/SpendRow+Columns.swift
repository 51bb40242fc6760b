internal import JSON
internal import Money
internal import SQLite

extension SpendRow {
    /// In the order of `bind` and of `init(_:)`.
    static let columns = """
        request_id, started_at, call_type, route, key_hash, alias, endpoint, deployment_id, \
        fal_request_ids, images_asked, images, sizes, cost, basis, status, http_status, error_code, \
        total_us, queued_us, in_progress_us, overhead_us, end_user, tags
        """
    static let placeholders = "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"

    func bind(to row: inout Binding) {
        row.text(requestID)
        row.integer(startedAt.milliseconds)
        row.text(callType)
        row.text(route)
        row.text(keyHash)
        row.text(alias)
        row.text(endpoint)
        row.text(deploymentID)
        row.text(TextList.encoded(falRequestIDs))
        row.integer(imagesAsked.map(Int64.init))
        row.integer(Int64(images))
        row.text(TextList.encoded(sizes))
        row.integer(cost.rawValue)
        row.text(basis.rawValue)
        row.text(status.rawValue)
        row.integer(Int64(httpStatus))
        row.text(errorCode)
        row.integer(durations.total.microseconds)
        row.integer(durations.queued?.microseconds)
        row.integer(durations.inProgress?.microseconds)
        row.integer(durations.overhead?.microseconds)
        row.text(endUser)
        row.text(TextList.encoded(tags))
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
        var text = [UInt8(ascii: "[")]
        for element in list {
            if text.count > 1 { text.append(UInt8(ascii: ",")) }
            JSON.write(element, into: &text)
        }
        text.append(UInt8(ascii: "]"))
        return String(decoding: text, as: UTF8.self)
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
