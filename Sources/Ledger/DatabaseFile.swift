internal import Glibc

enum DatabaseFile {
    /// Makes an empty file that only its owner can read: who called, when and for how much is
    /// nobody else's business. SQLite gives its log the same permissions.
    ///
    /// Only a file that does not exist is touched: see `Connection` for why nobody may open and
    /// close one that is in use. Its name is synced, so that the file survives a power failure.
    static func createIfMissing(_ path: String) throws(LedgerError) {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        // It exists, or it cannot be made: SQLite will say which, and why.
        guard descriptor >= 0 else { return }
        close(descriptor)
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? "."
        let folderDescriptor = Glibc.open(String(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folderDescriptor >= 0 else { return }
        fsync(folderDescriptor)
        close(folderDescriptor)
    }
}
