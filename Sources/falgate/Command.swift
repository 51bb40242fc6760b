import Glibc

/// One command of the program.
struct Command: Sendable {
    let name: String
    let summary: String
    /// What stands behind the name besides options, for the usage line.
    let operands: String
    let options: [Option]
    /// Runs the command; returns the process's exit code.
    let run: @Sendable (Arguments) throws -> Int32

    static let all: [Command] = [.serve, .demo, .simulate, .check, .models, .spend, .jobs, .health, .version]

    /// The text of `falgate NAME --help`.
    var help: String {
        var text = "usage: falgate \(name)\(operands.isEmpty ? "" : " " + operands)\(options.isEmpty ? "" : " [options]")\n\n\(summary)\n"
        guard !options.isEmpty else { return text }
        let rows = options.map { option in
            let dashed = option.names.map { $0.count == 1 ? "-\($0)" : "--\($0)" }.joined(separator: ", ")
            return (left: option.value.map { "\(dashed) \($0)" } ?? dashed, right: option.help)
        }
        let width = rows.map(\.left.count).max() ?? 0
        text += "\noptions:\n"
        for row in rows {
            text += "  \(row.left)\(String(repeating: " ", count: width - row.left.count))  \(row.right)\n"
        }
        return text
    }

    /// The text of `falgate --help`.
    static var overview: String {
        let width = all.map(\.name.count).max() ?? 0
        var text = """
            falgate: fal.ai's image models behind OpenAI's Images API

            usage: falgate COMMAND [options]      falgate COMMAND --help tells more
                   falgate --config config.yaml   is short for falgate serve --config config.yaml

            commands:

            """
        for command in all {
            text += "  \(command.name)\(String(repeating: " ", count: width - command.name.count))  \(command.summary)\n"
        }
        return text
    }
}

/// Writes all of `text` to standard output.
func output(_ text: String) {
    write(text, to: STDOUT_FILENO)
}

/// Writes one line to standard error.
func complain(_ line: String) {
    write(line + "\n", to: STDERR_FILENO)
}

private func write(_ text: String, to descriptor: Int32) {
    var text = text
    text.withUTF8 { bytes in
        var rest = UnsafeRawBufferPointer(bytes)
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            guard count > 0 else { return }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }
}
