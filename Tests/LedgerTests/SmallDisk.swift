import ChildProcesses
import Foundation
import TemporaryFolders

/// A file system of a given size in memory, mounted for one test. Needs the right to mount.
final class SmallDisk {
    let path: String

    static let isPossible: Bool = {
        guard let folder = try? TemporaryFolder(), let disk = try? SmallDisk(kilobytes: 64, at: folder.file("disk")) else { return false }
        return FileManager.default.fileExists(atPath: disk.path)
    }()

    init(kilobytes: Int, at path: String) throws {
        self.path = path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Self.run("mount", "-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", path)
    }

    deinit {
        try? Self.run("umount", "-l", path)
        rmdir(path)
    }

    /// Takes what is left of it, with a file that grows until it cannot.
    func fill() throws {
        let descriptor = open(path + "/ballast", O_WRONLY | O_CREAT | O_EXCL, 0o600)
        guard descriptor >= 0 else { throw CocoaError(.fileWriteUnknown) }
        defer { close(descriptor) }
        let block = [UInt8](repeating: 0, count: 4096)
        while write(descriptor, block, block.count) > 0 {}
    }

    func grow(kilobytes: Int) throws {
        try Self.run("mount", "-o", "remount,size=\(kilobytes)k", path)
    }

    fileprivate static func run(_ command: String...) throws {
        guard try ChildProcess(command).wait() == 0 else { throw CocoaError(.fileWriteUnknown) }
    }
}

/// Takes the right to write to one file from this process: by its permissions, or for root, who
/// does not mind those, by a read-only mount over the file.
final class WriteProtection {
    private let path: String

    static let isPossible: Bool = geteuid() != 0 || SmallDisk.isPossible

    init(of path: String) throws {
        self.path = path
        guard geteuid() == 0 else {
            chmod(path, 0o400)
            return
        }
        try SmallDisk.run("mount", "--bind", path, path)
        try SmallDisk.run("mount", "-o", "remount,bind,ro", path)
    }

    deinit {
        try? lift()
    }

    func lift() throws {
        guard geteuid() == 0 else {
            chmod(path, 0o600)
            return
        }
        try SmallDisk.run("umount", path)
    }
}
