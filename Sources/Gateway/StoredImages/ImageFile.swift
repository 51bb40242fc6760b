import Glibc

/// Files of the folder of `store_images`, by blocking calls.
enum ImageFile {
    /// Writes a file whole or not at all, and returns when it is durable. Who reads meanwhile finds the old
    /// file or the new one: rename(2) replaces in one step.
    ///
    /// - Parameters:
    ///   - draft: where it is written first; nothing is left there.
    ///   - folder: is synced, so that the name survives a power failure.
    static func write(_ bytes: [UInt8], to path: String, by draft: String, in folder: String) throws(StoredImageFailure) {
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .last("open \(draft)") }
        do throws(StoredImageFailure) {
            defer { close(descriptor) }
            try put(bytes, into: descriptor, draft)
            guard fsync(descriptor) == 0 else { throw .last("fsync \(draft)") }
            guard rename(draft, path) == 0 else { throw .last("rename \(draft)") }
        } catch {
            unlink(draft)
            throw error
        }
        let place = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard place >= 0 else { throw .last("open \(folder)") }
        defer { close(place) }
        guard fsync(place) == 0 else { throw .last("fsync \(folder)") }
    }

    private static func put(_ bytes: [UInt8], into descriptor: Int32, _ path: String) throws(StoredImageFailure) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written) }
            if count > 0 {
                written += count
            } else {
                let failure = StoredImageFailure.last("write \(path)")
                guard failure == .system(EINTR, "write \(path)") else { throw failure }
            }
        }
    }

    /// - Parameter most: a larger file was not written here.
    static func read(_ path: String, atMost most: Int) throws(StoredImageFailure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw .last("open \(path)") }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_size <= most else { throw .last("stat \(path)") }
        let size = Int(facts.st_size)
        var isWhole = true
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                let got = Glibc.read(descriptor, buffer.baseAddress?.advanced(by: count), size - count)
                if got <= 0 { break }
                count += got
            }
            isWhole = count == size
        }
        guard isWhole else { throw .last("read \(path)") }
        return bytes
    }

    /// - Returns: `nil` for what is no file.
    static func size(_ path: String) -> Int? {
        var facts = stat()
        guard lstat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int(facts.st_size)
    }

    /// The names of everything in a folder.
    static func names(in path: String) throws(StoredImageFailure) -> [String] {
        guard let folder = opendir(path) else { throw .last("opendir \(path)") }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            names.append(withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            })
        }
        return names
    }
}
