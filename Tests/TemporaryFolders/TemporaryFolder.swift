import Foundation
import Synchronization

/// A folder of its own, removed with it.
package final class TemporaryFolder: Sendable {
    package let path: String

    package init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("falgate-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        remove()
    }

    private func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }

    package func file(_ name: String) -> String { "\(path)/\(name)" }

    private static let kept: Mutex<[TemporaryFolder]> = {
        atexit { TemporaryFolder.kept.withLock { $0.forEach { $0.remove() } } }
        return Mutex([])
    }()

    /// A folder for what all tests of a process share, removed when the process ends.
    package static func untilExit() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        kept.withLock { $0.append(folder) }
        return folder
    }
}
