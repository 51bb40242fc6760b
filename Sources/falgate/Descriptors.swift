import Glibc
import HTTP

/// How many files and sockets this process may have open.
enum Descriptors {
    /// One in so many is kept from clients: for the connections to fal and its CDN, the database, the
    /// logs. A flood of clients must not be what an honest one's image fails of.
    private static let keptShare = 8
    private static let keptAtLeast = 64

    /// Raises the limit as far as the system lets a process do that itself (`ulimit -Hn`). The usual
    /// 1,024 is for programs that call select(2), and would be 1,024 people waiting.
    ///
    /// - Returns: the limit from now on.
    static func raise() -> Int {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return Int(clamping: _POSIX_OPEN_MAX) }
        limit.rlim_cur = limit.rlim_max
        setrlimit(resource, &limit)
        getrlimit(resource, &limit)
        return Int(clamping: limit.rlim_cur)
    }

    /// The most connections of clients under `limit`.
    static func connections(under limit: Int) -> Int {
        min(ServerLimits().connections, max(1, limit - kept(of: limit)))
    }

    /// The most connections of each of `loops` to fal, and again to its CDN: a third of what is kept is for both
    /// each, and a third for all else. Requests wait in line for one, and would fail of a missing descriptor.
    static func connectionsPerOrigin(under limit: Int, loops: Int) -> Int {
        min(ClientLimits().connectionsPerOrigin, max(fewestPerOrigin, kept(of: limit) / 3 / loops))
    }

    /// One is followed by its stream while another is submitted or fetched.
    private static let fewestPerOrigin = 2

    private static func kept(of limit: Int) -> Int { max(keptAtLeast, limit / keptShare) }
}
