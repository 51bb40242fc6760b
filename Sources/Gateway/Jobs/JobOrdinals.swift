import Synchronization

/// Numbers the jobs of one request. A job that is sent elsewhere is a new one in the journal: its row
/// names another deployment, and each row stands for one submission.
final class JobOrdinals: Sendable {
    /// One beyond the highest.
    private let end = Mutex(0)

    /// Takes `count` numbers in a row that nobody has.
    ///
    /// - Returns: the first of them, a multiple of `count`: the remainder of each tells which job it is.
    func take(_ count: Int) -> Int {
        end.withLock { end in
            let first = end + (count - end % count) % count
            end = first + count
            return first
        }
    }

    /// The number for the next attempt with one of `count` jobs: from any attempt's number, the remainder by
    /// `count` tells which job it was.
    func next(after ordinal: Int, among count: Int) -> Int {
        end.withLock { end in
            end = max(end, ordinal + count + 1)
            return ordinal + count
        }
    }
}
