import HTTP

/// Who calls: the keys that fal knows, and what it thinks of each.
struct Accounts: Sendable {
    struct Account: Sendable {
        let credential: String
        var state: SimulatorOptions.Key.State
        var submits = 0
    }

    enum Caller: Sendable, Equatable {
        /// No `Authorization` at all.
        case nobody
        /// Not `Key id:secret`, and not `Bearer` either.
        case malformed
        /// A key that the simulator was told to refuse.
        case stranger
        case account(Int)
    }

    /// Keys beyond these are strangers: somebody sends random ones.
    static let most = 100_000

    private(set) var all: [Account] = []
    private var numbers: [String: Int] = [:]
    /// Whole values of `Authorization` that were read before.
    private var seen: [String: Int] = [:]
    private let others: SimulatorOptions.OtherKeys

    init(_ options: SimulatorOptions) {
        others = options.otherKeys
        for key in options.keys { _ = set(key) }
    }

    /// Adds a key or changes what is thought of it.
    ///
    /// - Returns: its number, which stays the same.
    mutating func set(_ key: SimulatorOptions.Key) -> Int {
        let number = add(key.credential)
        all[number].state = key.state
        return number
    }

    func credential(_ number: Int) -> String { all.indices.contains(number) ? all[number].credential : "" }
    func number(of credential: String) -> Int? { numbers[credential] }

    mutating func caller(_ fields: Fields) -> Caller {
        guard let text = fields.first("Authorization") else { return .nobody }
        if let number = seen[text] { return .account(number) }
        let caller = read(text)
        // As many as there are accounts, in one or two spellings each.
        if case .account(let number) = caller { seen[text] = number }
        return caller
    }

    private mutating func read(_ text: String) -> Caller {
        let parts = text.split(separator: " ", maxSplits: 1)
        guard parts.count == 2 else { return .malformed }
        let credential = String(parts[1])
        switch parts[0].lowercased() {
        case "key":
            let halves = credential.split(separator: ":", omittingEmptySubsequences: false)
            guard halves.count == 2, halves.allSatisfy({ !$0.isEmpty }) else { return .malformed }
        case "bearer": break
        default: return .malformed
        }
        if let number = numbers[credential] { return .account(number) }
        return others == .accepted && all.count < Self.most ? .account(add(credential)) : .stranger
    }

    /// Why a caller gets nothing at all, on any route.
    func refusal(of caller: Caller, application: String) -> Answer? {
        switch caller {
        case .nobody: .detail(401, #"Cannot access application "\#(application)""#)
        case .malformed:
            .detail(401, "Invalid Key Authorization header format. Expected '<key_id>:<key_secret>'.")
        case .stranger: .detail(401, "No user found for Key ID and Secret")
        case .account(let number):
            switch all[number].state {
            case .unknown: .detail(401, "No user found for Key ID and Secret")
            case .invalid: .detail(401, "invalid key credentials")
            case .usable, .locked, .lockedOnEvery, .shutOut: nil
            }
        }
    }

    /// Why a known caller may not start a job now; counts the attempt.
    mutating func refusalToStart(_ number: Int, application: String) -> Answer? {
        all[number].submits += 1
        let isLocked =
            switch all[number].state {
            case .locked: true
            case .lockedOnEvery(let count): count > 0 && all[number].submits % count == 0
            case .usable, .unknown, .invalid, .shutOut: false
            }
        if all[number].state == .shutOut { return .detail(403, #"Cannot access application "\#(application)""#) }
        guard isLocked else { return nil }
        return .detail(
            403, "User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing.")
    }

    private mutating func add(_ credential: String) -> Int {
        if let number = numbers[credential] { return number }
        all.append(Account(credential: credential, state: .usable))
        numbers[credential] = all.count - 1
        return all.count - 1
    }
}
