import Gateway
import Glibc

@main
struct Main {
    /// 0 when the command did what was asked, 1 when it could not, 2 when it was not understood.
    static func main() {
        exit(run(Array(CommandLine.arguments.dropFirst())))
    }

    private static func run(_ words: [String]) -> Int32 {
        guard let first = words.first else {
            output(Command.overview)
            return 2
        }
        switch first {
        case "--help", "-h", "help":
            guard let command = command(named: words.dropFirst().first) else {
                output(Command.overview)
                return 0
            }
            output(command.help)
            return 0
        // LiteLLM's spelling of commands.
        case "--version", "-v": return run(.version, [])
        case "--health": return run(.health, Array(words.dropFirst()))
        default: break
        }
        if words.contains("--validate_config"), first.hasPrefix("-") || first == Command.serve.name {
            return run(.validate, words.drop { $0 == Command.serve.name }.filter { $0 != "--validate_config" })
        }
        // LiteLLM has no commands, only flags: those are for the server.
        if first.hasPrefix("-") { return run(.serve, words) }
        guard let command = command(named: first) else {
            let near = Spelling.nearest(to: first, among: Command.all.map(\.name))
            complain("falgate: unknown command \(first)" + (near.map { "; did you mean \($0)?" } ?? ""))
            complain("falgate --help lists the commands")
            return 2
        }
        return run(command, Array(words.dropFirst()))
    }

    private static func command(named name: String?) -> Command? {
        Command.all.first { $0.name == name }
    }

    private static func run(_ command: Command, _ words: [String]) -> Int32 {
        if words.contains("--help") || words.contains("-h") {
            output(command.help)
            return 0
        }
        do {
            return try command.run(try Arguments(words, knowing: command.options))
        } catch let error as UsageError {
            complain("falgate \(command.name): \(error)")
            complain("falgate \(command.name) --help lists the options")
            return 2
        } catch {
            complain("falgate \(command.name): \(error)")
            return 1
        }
    }
}
