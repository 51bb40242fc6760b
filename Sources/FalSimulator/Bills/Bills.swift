/// What fal would bill: a row for every request that ended, and sums that never forget.
///
/// The rows are bounded, the sums are not: a test that asks for the whole of a long run reads
/// `total`, which counts the rows that were dropped, too.
struct Bills: Sendable {
    struct Bill: Sendable, Equatable {
        let requestID: String
        let account: Int
        let endpoint: String
        let units: Units
        /// nil when this simulator knows no price for the endpoint; nothing is charged then.
        let unitPrice: UnitPrice?
        /// In billionths of a dollar.
        let amount: Int64
        let images: Int
        let at: Instant
        /// `delivered`, or fal's name for the failure.
        let cause: String
    }

    struct Sum: Sendable, Equatable {
        var requests = 0
        /// Requests that cost something.
        var billed = 0
        var images = 0
        var amount: Int64 = 0

        mutating func add(_ bill: Bill) {
            requests += 1
            billed += bill.units > .zero ? 1 : 0
            images += bill.images
            amount += bill.amount
        }
    }

    /// At 200 bytes a row this is below 50 MB, and more than any test run so far.
    static let defaultRows = 200_000

    private(set) var rows: Ring<Bill>
    private(set) var total = Sum()
    private(set) var byAccount: [Int: Sum] = [:]
    private(set) var byEndpoint: [String: Sum] = [:]

    init(rows: Int = Bills.defaultRows) { self.rows = Ring(capacity: rows) }

    mutating func add(_ bill: Bill) {
        rows.append(bill)
        total.add(bill)
        byAccount[bill.account, default: Sum()].add(bill)
        byEndpoint[bill.endpoint, default: Sum()].add(bill)
    }
}
