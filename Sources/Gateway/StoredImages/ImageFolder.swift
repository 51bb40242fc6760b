import Glibc

/// The open folder of `store_images`, and what is in it. For one thread at a time.
final class ImageFolder {
    private let path: String
    /// Holds the lock.
    private let descriptor: Int32
    var shelf: ImageShelf

    private init(_ path: String, descriptor: Int32, shelf: ImageShelf) {
        self.path = path
        self.descriptor = descriptor
        self.shelf = shelf
    }

    deinit {
        close(descriptor)
    }

    /// Makes the folder where there is none, deletes what a crash has left half written, and makes room where
    /// more is kept than `bound` bytes.
    static func opened(at path: String, bound: Int) throws(StoredImageFailure) -> ImageFolder {
        // What who made on this gateway is nobody else's business.
        guard mkdir(path, 0o700) == 0 || access(path, F_OK) == 0 else { throw .last("mkdir \(path)") }
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .last("open \(path)") }
        do throws(StoredImageFailure) {
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw .inUse(path) }
            return ImageFolder(path, descriptor: descriptor, shelf: try found(in: path, bound: bound))
        } catch {
            close(descriptor)
            throw error
        }
    }

    func delete(_ names: [StoredImageName]) {
        for name in names { unlink("\(path)/\(name)") }
    }

    private static func found(in path: String, bound: Int) throws(StoredImageFailure) -> ImageShelf {
        var shelf = ImageShelf()
        // A request's id begins with its time, so the oldest come first.
        for file in try ImageFile.names(in: path).sorted() {
            if let name = StoredImageName(file: file), let size = ImageFile.size("\(path)/\(file)") {
                let displaced = shelf.add(name, bytes: size, bound: bound) ?? [name]
                for name in displaced { unlink("\(path)/\(name)") }
            } else if StoredImageName.isDraft(file) {
                unlink("\(path)/\(file)")
            }
        }
        return shelf
    }
}
