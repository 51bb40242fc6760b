import HTTP
import JSON
import Reactor

/// Every request the simulator got: the last ones in full, all of them as counts.
struct RequestLog: Sendable {
    struct Record: Sendable {
        let number: Int
        /// Nanoseconds since 1970.
        let time: UInt64
        let route: String
        let head: RequestHead
        let bodySize: Int
        let bodyHash: UInt64
        /// Up to `RequestLog.bodyBytes`.
        let body: [UInt8]
        /// The job it made or asked for.
        var requestID: String?
        var status: Int?
        /// Nanoseconds since 1970.
        var answered: UInt64?
    }

    /// What is kept of a body: more than any prompt that a test sends.
    static let bodyBytes = 8 * 1024

    private(set) var records: Ring<Record>
    private(set) var counts: [String: Int] = [:]
    private(set) var statuses: [Int: Int] = [:]

    init(capacity: Int) { records = Ring(capacity: capacity) }

    /// - Returns: the request's number, from 1.
    mutating func begin(_ request: Request, route: SimulatorRoute, time: UInt64) -> Int {
        var hash = Fingerprint()
        hash.update(request.body)
        records.append(
            Record(
                number: records.appended + 1, time: time, route: route.name, head: request.head,
                bodySize: request.body.count, bodyHash: hash.value, body: Array(request.body.prefix(Self.bodyBytes))))
        counts[route.name, default: 0] += 1
        return records.appended
    }

    mutating func name(_ requestID: String, for number: Int) {
        records.update(number - 1) { $0.requestID = requestID }
    }

    mutating func end(_ number: Int, status: Int, time: UInt64) {
        statuses[status, default: 0] += 1
        records.update(number - 1) { record in
            record.status = status
            record.answered = time
        }
    }
}

extension RequestLog.Record {
    var json: JSONObject {
        var fields = JSONObject()
        head.fields.forEach { name, value in
            let key = name.lowercased()
            fields[key] = .string(fields[key]?.stringValue.map { "\($0), \(value)" } ?? value)
        }
        let isWhole = body.count == bodySize
        var object: JSONObject = [
            "n": .integer(number), "unix": Self.seconds(time), "route": .string(route),
            "method": .string(head.method.name), "target": .string(head.target), "path": .string(head.path),
            "headers": .object(fields), "body_size": .integer(bodySize),
            "body_hash": .string(String(bodyHash, radix: 16)),
        ]
        if bodySize > 0 {
            let parsed = isWhole ? try? JSON.parse(body, duplicateKeys: .keepLast) : nil
            object["body"] = parsed ?? .string(String(decoding: body, as: UTF8.self))
        }
        object["request_id"] = requestID.map(JSONValue.string)
        object["status"] = status.map { .integer($0) }
        object["answered_unix"] = answered.map(Self.seconds)
        return object
    }

    /// Whole microseconds, as seconds.
    private static func seconds(_ nanoseconds: UInt64) -> JSONValue {
        JSONNumber(Double(nanoseconds / 1000) / 1e6).map(JSONValue.number) ?? .null
    }
}
