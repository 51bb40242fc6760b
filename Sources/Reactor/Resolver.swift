import CLinux
import Glibc
import Synchronization

/// Host names to addresses, off the loops: `getaddrinfo` blocks, so one helper thread runs it.
///
/// Answers are kept for `answerLifetime`, and longer where the name cannot be looked up again, or not within
/// `renewalPatience`: an outage of the name servers does not cut off hosts that are known, nor slow them down.
/// Literal addresses never reach the thread, which starts with the first name.
///
/// One look-up may take as long as the system waits for its servers, and those behind it wait with it: names that
/// strangers choose are for a resolver of their own.
package final class Resolver: Sendable {
    /// How long an answer is good: getaddrinfo hides the record's own lifetime, and a host that
    /// moved should be found again within a minute.
    package static let answerLifetime: Duration = .seconds(60)
    /// How long a known host waits for a newer answer. Servers that are reached answer within it; those that are
    /// not make `getaddrinfo` wait for longer than most connections may take.
    private static let renewalPatience: Duration = .seconds(1)
    /// How long an old answer is good again for which no newer one came.
    private static let renewalPause: Duration = .seconds(5)
    /// Names kept, and look-ups waiting: a gateway asks for a handful of hosts, more is abuse.
    private static let capacity = 256

    typealias Answer = Result<[SocketAddress], IOFailure>

    private struct Question: Sendable {
        let number: Int
        let host: String
        let reply: @Sendable (Answer) -> Void
    }

    private struct State: Sendable {
        var answers: [String: (addresses: [SocketAddress], goodUntil: Deadline)] = [:]
        var questions: [Question] = []
        var lastNumber = 0
        var isThreadStarted = false
    }

    private let state = Mutex(State())
    /// Counts the questions: the thread's blocking read takes one at a time.
    private let bell: Int32

    private let lookUp: @Sendable (String) -> Answer
    private let lifetime: Duration
    private let patience: Duration

    package convenience init() {
        self.init(keepingAnswers: Resolver.answerLifetime, lookUp: Resolver.systemLookUp)
    }

    init(
        keepingAnswers lifetime: Duration, patience: Duration = Resolver.renewalPatience,
        lookUp: @escaping @Sendable (String) -> Answer
    ) {
        self.lifetime = lifetime
        self.patience = patience
        self.lookUp = lookUp
        bell = eventfd(0, Int32(EFD_SEMAPHORE) | Int32(EFD_CLOEXEC))
    }

    /// The addresses of `host` in the system's order of preference, at least one.
    ///
    /// - Throws: `.unresolvable` with the resolver's reason, `.timedOut`, `.cancelled`, `.system`
    ///   when no thread can be started.
    package func addresses(
        of host: String, port: UInt16, on reactor: Reactor, until deadline: Deadline
    ) async throws(IOFailure) -> [SocketAddress] {
        if let literal = SocketAddress(ip: host, port: port) { return [literal] }
        if let known = knownAddresses(of: host) { return known.map { $0.with(port: port) } }
        if let earlier = earlierAddresses(of: host) {
            let enough = Deadline.earlier(deadline, .after(patience))
            if let newer = try await newerAddresses(of: host, port: port, on: reactor, until: enough) { return newer }
            prolong(host)
            return earlier.map { $0.with(port: port) }
        }
        return try await lookedUp(host, port: port, on: reactor, until: deadline)
    }

    /// - Returns: `nil` when there are none by `deadline`.
    /// - Throws: `.cancelled`.
    private func newerAddresses(
        of host: String, port: UInt16, on reactor: Reactor, until deadline: Deadline
    ) async throws(IOFailure) -> [SocketAddress]? {
        do throws(IOFailure) {
            return try await lookedUp(host, port: port, on: reactor, until: deadline)
        } catch {
            if error == .cancelled { throw error }
            return nil
        }
    }

    private func lookedUp(
        _ host: String, port: UInt16, on reactor: Reactor, until deadline: Deadline
    ) async throws(IOFailure) -> [SocketAddress] {
        let waiter = Waiter(on: reactor)
        nonisolated(unsafe) var answer = Answer.failure(.cancelled)
        nonisolated(unsafe) let parked = waiter
        let number = try ask(for: host) { result in
            // Back to the loop, where alone the waiter and the answer are touched.
            reactor.post {
                answer = result
                parked.wake()
            }
        }
        do {
            try await waiter.wait(until: deadline)
        } catch {
            withdraw(number)
            throw error
        }
        return try answer.get().map { $0.with(port: port) }
    }

    private func knownAddresses(of host: String) -> [SocketAddress]? {
        state.withLock { state in
            guard let known = state.answers[host], known.goodUntil > .now else { return nil }
            return known.addresses
        }
    }

    private func earlierAddresses(of host: String) -> [SocketAddress]? {
        state.withLock { $0.answers[host]?.addresses }
    }

    /// Nothing newer is known of `host`.
    private func prolong(_ host: String) {
        let goodUntil = Deadline.after(Resolver.renewalPause)
        state.withLock { state in
            guard let known = state.answers[host], known.goodUntil < goodUntil else { return }
            state.answers[host]?.goodUntil = goodUntil
        }
    }

    /// - Returns: what `withdraw` takes.
    private func ask(for host: String, _ reply: @escaping @Sendable (Answer) -> Void) throws(IOFailure) -> Int {
        let (number, mustStart): (Int?, Bool) = state.withLock { state in
            guard state.questions.count < Resolver.capacity else { return (nil, false) }
            state.lastNumber += 1
            state.questions.append(Question(number: state.lastNumber, host: host, reply: reply))
            defer { state.isThreadStarted = true }
            return (state.lastNumber, !state.isThreadStarted)
        }
        guard let number else {
            throw .unresolvable(host: host, reason: "\(Resolver.capacity) look-ups are waiting already")
        }
        if mustStart {
            do {
                try startThread(named: "resolver") { self.answerQuestions() }
            } catch {
                state.withLock { $0.isThreadStarted = false }
                throw error
            }
        }
        var one: UInt64 = 1
        write(bell, &one, 8)
        return number
    }

    /// Nobody waits for the answer any more: those behind the question do not wait for it either.
    private func withdraw(_ number: Int) {
        state.withLock { $0.questions.removeAll { $0.number == number } }
    }

    private func answerQuestions() {
        var one: UInt64 = 0
        while read(bell, &one, 8) == 8 || clinux_errno() == EINTR {
            guard let question = state.withLock({ $0.questions.isEmpty ? nil : $0.questions.removeFirst() }) else {
                continue
            }
            question.reply(answer(for: question.host))
        }
    }

    private func answer(for host: String) -> Answer {
        if let known = knownAddresses(of: host) { return .success(known) }
        let answer = lookUp(host)
        switch answer {
        case .success(let addresses): remember(addresses, of: host)
        case .failure:
            if let earlier = earlierAddresses(of: host) {
                prolong(host)
                return .success(earlier)
            }
        }
        return answer
    }

    private func remember(_ addresses: [SocketAddress], of host: String) {
        state.withLock { state in
            if state.answers.count >= Resolver.capacity { state.answers.removeAll() }
            state.answers[host] = (addresses, .after(lifetime))
        }
    }

    /// Asks the system, however long it takes.
    private static func systemLookUp(_ host: String) -> Answer {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &list)
        guard code == 0 else {
            return .failure(.unresolvable(host: host, reason: String(cString: gai_strerror(code))))
        }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = list
        while let entry = next {
            if let raw = entry.pointee.ai_addr, let address = SocketAddress(raw) { addresses.append(address) }
            next = entry.pointee.ai_next
        }
        return addresses.isEmpty
            ? .failure(.unresolvable(host: host, reason: "no address"))
            : .success(addresses)
    }
}
