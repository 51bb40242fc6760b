/// How a simulator starts. Most of it can be changed while it runs, under `/_simulator/`.
package struct SimulatorOptions: Sendable {
    /// A fal key that the simulator knows.
    package struct Key: Sendable {
        package enum State: Sendable, Equatable {
            case usable
            /// 401, "No user found for Key ID and Secret".
            case unknown
            /// 401, "invalid key credentials".
            case invalid
            /// 403 on submit, "User is locked. Reason: Exhausted balance. …".
            case locked
            /// The same, but only on one submit in so many, as some users report it.
            case lockedOnEvery(Int)
            /// 403 on every submit: the application is private.
            case shutOut
        }

        /// As it stands behind `Authorization: Key `.
        package var credential: String
        package var state: State
        /// The most requests IN_PROGRESS; nil takes `SimulatorOptions.runnersPerKey`.
        package var runners: Int?

        package init(_ credential: String, state: State = .usable, runners: Int? = nil) {
            self.credential = credential
            self.state = state
            self.runners = runners
        }
    }

    package enum OtherKeys: Sendable { case accepted, refused }

    /// How long jobs take when no plan says otherwise.
    package var latency = LatencySetting.instant
    package var keys: [Key] = []
    /// Well-formed keys that are not in `keys`: each is an account of its own, or unknown.
    package var otherKeys = OtherKeys.accepted
    /// The most requests IN_PROGRESS of one key; the others wait. nil is without bound.
    package var runnersPerKey: Int?
    /// Everything random repeats with the seed, except ids, which carry the time.
    package var seed: UInt64 = 1
    /// Scheme and host in addresses given out, `https://sim.test:8443`. nil takes plain HTTP and
    /// the `Host` that the caller used.
    package var publicOrigin: String?
    /// Silence after which a status stream carries a comment; fal sends one every 15 seconds.
    package var keepAlive: Duration = .seconds(15)
    /// Jobs that ended and can still be asked for; older ones are unknown, as expired ones are.
    package var keptJobs = 20_000
    /// Requests of which `/_simulator/requests` can tell. Their bodies are kept up to
    /// `RequestLog.bodyBytes`, so ten thousand are 80 MB at the very most and 10 MB usually.
    package var keptRequests = 10_000
    /// Rows that `/_simulator/bills` can list; the sums count all.
    package var keptBills = Bills.defaultRows

    package init() {}
}
