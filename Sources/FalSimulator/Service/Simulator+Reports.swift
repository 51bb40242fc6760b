import HTTP
import JSON

/// What `/_simulator/` tells.
extension Simulator {
    func seconds(_ instant: Instant) -> JSONValue {
        JSONNumber(Double(instant.nanoseconds / 1000) / 1e6).map(JSONValue.number) ?? .null
    }

    /// The last that fit the query, oldest first.
    func requests(_ head: RequestHead) -> JSONObject {
        let after = head.queryValue("after").flatMap(Int.init) ?? 0
        let limit = head.queryValue("limit").flatMap(Int.init) ?? .max
        let fitting = log.records.all.filter { record in
            record.number > after && head.asks("route", record.route)
                && head.asks("method", record.head.method.name) && head.asks("request_id", record.requestID)
        }
        return [
            "requests": .array(fitting.suffix(max(0, limit)).map { .object($0.json) }),
            "count": .integer(fitting.count), "dropped": .integer(log.records.dropped),
        ]
    }

    /// The rows that fit the query, oldest first; `total` is of everything ever billed, `sum` of the rows.
    func billing(_ head: RequestHead) -> JSONObject {
        let limit = head.queryValue("limit").flatMap(Int.init) ?? .max
        let fitting = bills.rows.all.filter { bill in
            head.asks("request_id", bill.requestID) && head.asks("endpoint", bill.endpoint)
                && head.asks("key", accounts.credential(bill.account))
        }
        var sum = Bills.Sum()
        for bill in fitting { sum.add(bill) }
        let keys = bills.byAccount.sorted { $0.key < $1.key }
        let endpoints = bills.byEndpoint.sorted { $0.key < $1.key }
        return [
            "bills": .array(fitting.suffix(max(0, limit)).map { .object(row($0)) }),
            "sum": .object(sum.json), "total": .object(bills.total.json),
            "by_key": .object(JSONObject(members: keys.map { (accounts.credential($0.key), .object($0.value.json)) })),
            "by_endpoint": .object(JSONObject(members: endpoints.map { ($0.key, .object($0.value.json)) })),
            "dropped": .integer(bills.rows.dropped),
        ]
    }

    private func row(_ bill: Bills.Bill) -> JSONObject {
        [
            "request_id": .string(bill.requestID), "key": .string(accounts.credential(bill.account)),
            "endpoint": .string(bill.endpoint), "cause": .string(bill.cause), "images": .integer(bill.images),
            "units": .string(bill.units.decimal),
            "unit_price": bill.unitPrice.map { .string($0.dollars) } ?? .null,
            "amount": .string(Decimals.text(bill.amount, places: 9)),
            "amount_nanodollars": .integer(Int(bill.amount)), "at": seconds(bill.at),
        ]
    }

    func jobRow(_ ticket: Ticket, _ head: RequestHead) -> JSONValue? {
        guard let description = describe(ticket, head) else { return nil }
        let job = description.job
        var row = description.status(logs: false).json
        row["request_id"] = .string(job.order.id)
        row["endpoint"] = .string(job.order.endpoint.id)
        if case .delivery(let delivery) = job.order.outcome, !delivery.pictures.isEmpty {
            row["input_images"] = .array(delivery.pictures.map(\.json))
        }
        row["submitted"] = seconds(job.submitted)
        row["started"] = job.started.map(seconds)
        row["cancel_requested"] = job.cancellationRequested.map(seconds)
        return .object(row)
    }

    func stats() -> JSONObject {
        var states: [String: Int] = [:]
        for ticket in queue.all() {
            switch queue[ticket]?.state {
            case .queued, .ready: states["IN_QUEUE", default: 0] += 1
            case .running: states["IN_PROGRESS", default: 0] += 1
            case .completed: states["COMPLETED", default: 0] += 1
            case .removed: states["removed", default: 0] += 1
            case nil: break
            }
        }
        func object<K: CustomStringConvertible>(_ counts: [K: Int]) -> JSONValue {
            let sorted = counts.map { ($0.key.description, JSONValue.integer($0.value)) }.sorted { $0.0 < $1.0 }
            return .object(JSONObject(members: sorted.map { (key: $0.0, value: $0.1) }))
        }
        return [
            "now": seconds(clock.now), "requests": object(log.counts), "statuses": object(log.statuses),
            "jobs": object(states), "watchers": .integer(watchers.count),
            "violations": .integer(violations.appended), "bills": .object(bills.total.json),
        ]
    }
}

extension RequestHead {
    /// Whether the query leaves `name` open or asks for this value.
    fileprivate func asks(_ name: String, _ value: String?) -> Bool {
        queryValue(name).map { $0 == value } ?? true
    }
}

extension Answer {
    /// Empty for what is not JSON.
    fileprivate var json: JSONObject {
        if case .json(let json) = content { json } else { [:] }
    }
}

extension Bills.Sum {
    var json: JSONObject {
        [
            "requests": .integer(requests), "billed": .integer(billed), "images": .integer(images),
            "amount": .string(Decimals.text(amount, places: 9)), "amount_nanodollars": .integer(Int(amount)),
        ]
    }
}

extension Simulator.Violation {
    var json: JSONObject { ["kind": .string(kind), "detail": .string(detail), "n": .integer(record)] }
}

extension Rule {
    /// How it tells requests apart and how often it was met.
    var json: JSONObject {
        var json: JSONObject = ["met": .integer(met)]
        json["endpoint"] = endpoint.map(JSONValue.string)
        json["prompt"] = prompt.map(JSONValue.string)
        json["key"] = key.map(JSONValue.string)
        json["times"] = times.map { .integer($0) }
        return json
    }
}

extension SimulatedJob {
    /// Waits for a test to release it.
    var isHeld: Bool {
        switch (state, order.queue, order.run) {
        case (.queued, .held, _), (.running, _, .held): true
        default: false
        }
    }
}
