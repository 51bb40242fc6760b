import Fal
import Ledger
import Money

extension Log {
    /// The line of one image request: what it was, what came of it, what it cost. No prompt, no key.
    func write(_ record: RequestRecord, status: Int, error: GatewayError?) {
        let level: Level = status >= 500 ? .warning : .info
        guard isWritten(level) else { return }
        let total = record.total
        var pairs: [(String, String)] = [
            ("request", record.id.text), ("status", String(status)), ("model", record.model ?? "-"),
            ("key", String(record.caller.logName.prefix(8))),
        ]
        if let deployment = record.deployment { pairs.append(("endpoint", deployment.endpoint.id)) }
        pairs.append(("images", String(record.images.count)))
        pairs.append(("cost", record.cost.dollars))
        pairs.append(("ms", String(total.microseconds / 1_000)))
        pairs.append(("overhead_us", String(record.overhead(of: total).microseconds)))
        if let error {
            pairs.append(("error", error.code))
            if let detail = error.detail { pairs.append(("detail", detail)) }
        }
        write(level, "image", pairs)
    }
}
