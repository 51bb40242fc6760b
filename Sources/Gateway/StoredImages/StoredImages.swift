import Glibc
import HTTP
import Synchronization

/// `general_settings.store_images`: the images of answers, one file each, for as long as the answers are kept.
///
/// A file is there whole or not at all, also after a power failure: it is written under another name, synced
/// and then renamed. Files are named by request and number and by nothing else, and only the user of the
/// gateway can read them. What the folder holds stays below its bound at every instant: the oldest request's
/// files make room. No failure costs a request anything: fal's CDN has the image, too.
///
/// Everything blocks on the disk, and so runs apart from the loops.
final class StoredImages: Sendable {
    private let path: String
    private let bound: Int
    private let folder = Mutex<ImageFolder?>(nil)
    private let turns = Mutex(StoringTurns())

    /// Touches nothing: the folder is opened with the first use.
    ///
    /// - Parameter bound: bytes of all files together.
    init(path: String, bound: Int) {
        self.path = path
        self.bound = bound
    }

    /// Whether images are on their way here: a process that ends waits for them.
    var isAwaited: Bool { turns.withLock { $0.running > 0 } }

    func begin(_ request: String) -> StoringTurns.Turn { turns.withLock { $0.begin(request) } }

    /// - Returns: whose images to store next.
    func next() -> String? { turns.withLock { $0.next() } }

    /// Returns when the image is durable.
    ///
    /// - Parameter base64: the file's text.
    func keep(_ base64: ArraySlice<UInt8>, as name: StoredImageName) async throws(StoredImageFailure) {
        try await elsewhere { () throws(StoredImageFailure) in
            guard let bytes = try? Base64.decode(Array(base64)) else { throw .noImage }
            do throws(StoredImageFailure) {
                try self.write(bytes, name)
            } catch .system(ENOENT, _) {
                // Somebody has taken the folder away.
                self.folder.withLock { $0 = nil }
                try self.write(bytes, name)
            }
        }
    }

    /// Whether an image is kept.
    func has(_ name: StoredImageName) async -> Bool {
        let isKept = try? await elsewhere { () throws(StoredImageFailure) in
            try self.inFolder { folder throws(StoredImageFailure) in folder.shelf.contains(name) }
        }
        return isKept == true
    }

    /// The file of an image; `nil` when it is not kept, or no more.
    func bytes(of name: StoredImageName) async -> [UInt8]? {
        let file = "\(path)/\(name)"
        return try? await elsewhere { () throws(StoredImageFailure) in
            try ImageFile.read(file, atMost: ImageFetch.maximumBytes)
        }
    }

    /// The same as text.
    func base64(of name: StoredImageName) async -> ArraySlice<UInt8>? {
        let file = "\(path)/\(name)"
        return try? await elsewhere { () throws(StoredImageFailure) in
            Base64.encode(try ImageFile.read(file, atMost: ImageFetch.maximumBytes))[...]
        }
    }

    /// The requests that files are kept of.
    func requests() async throws(StoredImageFailure) -> [String] {
        try await elsewhere { () throws(StoredImageFailure) in
            try self.inFolder { folder throws(StoredImageFailure) in folder.shelf.requests }
        }
    }

    /// Deletes all files of these requests.
    func forget(_ requests: [String]) async throws(StoredImageFailure) {
        try await elsewhere { () throws(StoredImageFailure) in
            try self.inFolder { folder throws(StoredImageFailure) in
                for request in requests { folder.delete(folder.shelf.remove(request: request)) }
            }
        }
    }

    private func write(_ bytes: [UInt8], _ name: StoredImageName) throws(StoredImageFailure) {
        // Room is made before, so that several writers at once stay below the bound together.
        try inFolder { folder throws(StoredImageFailure) in
            guard let displaced = folder.shelf.add(name, bytes: bytes.count, bound: self.bound) else { throw .tooLarge }
            folder.delete(displaced)
        }
        do throws(StoredImageFailure) {
            try ImageFile.write(bytes, to: "\(path)/\(name)", by: "\(path)/\(name.draft)", in: path)
        } catch {
            folder.withLock { $0?.shelf.remove(name) }
            throw error
        }
        // Its turn to make room may have come while it was written.
        try inFolder { folder throws(StoredImageFailure) in
            if !folder.shelf.contains(name) { folder.delete([name]) }
        }
    }

    private func inFolder<Result: Sendable>(
        _ body: (ImageFolder) throws(StoredImageFailure) -> Result
    ) throws(StoredImageFailure) -> Result {
        try folder.withLock { folder throws(StoredImageFailure) -> Result in
            if let folder { return try body(folder) }
            let opened = try ImageFolder.opened(at: path, bound: bound)
            folder = opened
            return try body(opened)
        }
    }

    /// Runs `work` on a thread that may block.
    private func elsewhere<Result: Sendable>(
        _ work: @escaping @Sendable () throws(StoredImageFailure) -> Result
    ) async throws(StoredImageFailure) -> Result {
        // Detached: a child would prefer the loop.
        let outcome: Swift.Result<Result, StoredImageFailure> = await Task.detached {
            do throws(StoredImageFailure) { return .success(try work()) } catch { return .failure(error) }
        }.value
        return try outcome.get()
    }
}
