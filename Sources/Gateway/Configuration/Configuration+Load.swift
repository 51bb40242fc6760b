import Glibc
import YAML

extension Configuration {
    /// Reads a configuration file. Touches the file and nothing else: no network, no database.
    ///
    /// - Parameters:
    ///   - path: as given by the operator; findings repeat it.
    ///   - environment: the variables of the process.
    ///   - strictness: `strict_config: true` in the file makes it strict as well.
    ///   - fixed: for a process that runs: what it cannot change without a restart.
    /// - Returns: the configuration, unless a finding is an error, and all findings in the
    ///   order of the file.
    package static func load(
        path: String, environment: [String: String], strictness: Strictness = .lenient, fixed: FixedSettings? = nil
    ) -> (configuration: Configuration?, findings: [Finding]) {
        switch ConfigurationFile.contents(of: path) {
        case .success(let text):
            read(text, file: path, environment: environment, strictness: strictness, fixed: fixed)
        case .failure(let failure):
            (nil, [Finding(severity: .error, file: path, position: .start, path: "", message: failure.message)])
        }
    }

    /// Reads the text of a configuration file; `file` is its name in findings.
    package static func read(
        _ text: [UInt8], file: String, environment: [String: String], strictness: Strictness = .lenient,
        fixed: FixedSettings? = nil
    ) -> (configuration: Configuration?, findings: [Finding]) {
        do throws(YAMLError) {
            let root = try YAML.parse(text)
            var reader = ConfigurationReader(file: file, environment: environment, strictness: strictness)
            reader.fixed = fixed
            return reader.read(root)
        } catch {
            return (nil, [Finding(severity: .error, file: file, position: error.position, path: "", message: error.message)])
        }
    }
}

extension YAMLPosition {
    static let start = YAMLPosition(line: 1, column: 1)
}

/// The bytes of a file, at most as many as a configuration can have.
private enum ConfigurationFile {
    struct Failure: Error {
        let message: String
    }

    static func contents(of path: String) -> Result<[UInt8], Failure> {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return .failure(failure(errno)) }
        defer { close(descriptor) }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while text.count <= YAML.maximumBytes {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count == 0 { break }
            if count > 0 {
                text += buffer[..<count]
            } else if errno != EINTR {
                return .failure(failure(errno))
            }
        }
        // A longer one is refused by the parser, which says how long it may be.
        return .success(text)
    }

    private static func failure(_ code: Int32) -> Failure {
        Failure(message: "the file cannot be read: \(String(cString: strerror(code)))")
    }
}
