package import Glibc

/// A program started by a test. Not Foundation's `Process`: its `run()` reads beyond the end of a
/// directory buffer (swift-corelibs-foundation 6.3, `findMaximumOpenFromProcSelfFD`; the address
/// sanitizer shows it) and has brought the test program down.
package final class ChildProcess {
    package let processID: pid_t
    /// What it writes to standard output, where that was asked for; else -1. Closed with this object.
    package let output: Int32
    private var status: Int32?

    /// Starts a program, found through `PATH`; its standard error goes nowhere.
    ///
    /// - Parameter environment: `NAME=value` each; ours when `nil`.
    /// - Throws: `ChildProcessError` when it cannot be started.
    package init(
        _ arguments: [String], environment: [String]? = nil, folder: String? = nil, readsOutput: Bool = false
    ) throws {
        var ends: [Int32] = [-1, -1]
        // Closed at the start of any other child from the first moment on, which `pipe` cannot do.
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        if readsOutput, socketpair(AF_UNIX, kind, 0, &ends) != 0 { throw ChildProcessError("socketpair", errno) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        if readsOutput { posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO) }

        let command = (folder.map { ["env", "-C", $0] } ?? []) + arguments
        var words = command.map { strdup($0) } + [nil]
        var variables = (environment ?? []).map { strdup($0) } + [nil]
        defer { for text in words + variables { free(text) } }
        var child: pid_t = 0
        let failure = environment == nil
            ? posix_spawnp(&child, command[0], &actions, nil, &words, environ)
            : posix_spawnp(&child, command[0], &actions, nil, &words, &variables)
        if ends[1] >= 0 { close(ends[1]) }
        guard failure == 0 else {
            if ends[0] >= 0 { close(ends[0]) }
            throw ChildProcessError(arguments[0], failure)
        }
        processID = child
        output = ends[0]
    }

    deinit {
        if output >= 0 { close(output) }
    }

    /// Waits for its end.
    ///
    /// - Returns: its exit code, or as in a shell 128 and the signal that ended it.
    @discardableResult
    package func wait() -> Int32 {
        if let status { return status }
        var raw: Int32 = 0
        while waitpid(processID, &raw, 0) < 0, errno == EINTR {}
        let code = raw & 0x7f == 0 ? (raw >> 8) & 0xff : 128 + (raw & 0x7f)
        status = code
        return code
    }

    /// Sends a signal, unless its end has been waited for: the number may be another's by then.
    package func signal(_ number: Int32) {
        if status == nil { kill(processID, number) }
    }

    /// What can be read of its output now, after waiting for some; empty at the end.
    package func readOutput() -> [UInt8] {
        let most = 4096
        return [UInt8](unsafeUninitializedCapacity: most) { buffer, count in
            count = max(0, read(output, buffer.baseAddress, most))
        }
    }

    /// Runs a program to its end.
    ///
    /// - Throws: `ChildProcessError` when it cannot be started or fails.
    package static func run(_ arguments: String..., in folder: String? = nil) throws {
        let code = try ChildProcess(arguments, folder: folder).wait()
        guard code == 0 else { throw ChildProcessError("\(arguments[0]) ended with \(code)") }
    }
}

package struct ChildProcessError: Error, CustomStringConvertible {
    package let description: String

    init(_ what: String) { description = what }
    init(_ what: String, _ code: Int32) { self.init("\(what): \(String(cString: strerror(code)))") }
}
