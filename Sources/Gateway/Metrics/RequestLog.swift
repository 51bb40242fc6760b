import Fal
import Ledger
import Money

extension Log {
    /// The line of one image request: what it was, what came of it, what it cost. No prompt, no key.
    func write(_ record: RequestRecord, status: Int, error: GatewayError?) {
        let level: Level = status >= 500 ? .warning : .info
        write(level, "image") { line in
            let total = record.total
            line.add("request", record.id.text)
            line.add("status", status)
            line.add("model", record.model ?? "-")
            line.add("key", String(decoding: record.caller.logName.utf8.prefix(8), as: UTF8.self))
            if let deployment = record.deployment { line.add("endpoint", deployment.endpoint.id) }
            line.add("images", RequestRecord.imageCount(of: record.outcomes))
            line.add("cost", record.cost.dollars)
            line.add("ms", Int(total.microseconds / 1_000))
            line.add("overhead_us", Int(record.overhead(of: total, record.outcomes).microseconds))
            if let error {
                line.add("error", error.code)
                if let detail = error.detail { line.add("detail", detail) }
            }
        }
    }
}
