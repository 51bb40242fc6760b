import Testing

@testable import falgate

@Suite("The command line") struct ArgumentsTests {
    private let options: [Option] = [
        .value("config", "c", as: "FILE", help: ""), .value("num_workers", as: "N", help: ""), .flag("debug", help: ""),
    ]

    @Test("values and switches in every way they can be written")
    func forms() throws {
        for words in [["--config", "a", "--debug"], ["--config=a", "--debug"], ["-c", "a", "--debug"]] {
            let arguments = try Arguments(words, knowing: options)
            #expect(arguments["config"] == "a")
            #expect(arguments.has("debug"))
        }
        #expect(try Arguments(["--num-workers", "3"], knowing: options).integer("num_workers", in: 1...4) == 3)
        #expect(try Arguments(["file", "-"], knowing: options).positionals == ["file", "-"])
        #expect(try Arguments(["--config="], knowing: options)["config"] == "")
    }

    @Test(
        "mistakes say what they are",
        arguments: [
            (["--confg", "a"], "did you mean --config?"), (["--zzz"], "unknown option --zzz"),
            (["--config"], "--config needs a value"), (["--debug=1"], "--debug takes no value"),
        ])
    func mistakes(words: [String], message: String) {
        #expect { try Arguments(words, knowing: options) } throws: { "\($0)".contains(message) }
    }

    @Test("numbers keep to their range")
    func numbers() throws {
        let arguments = try Arguments(["--num_workers", "9"], knowing: options)
        #expect { try arguments.integer("num_workers", in: 1...4) } throws: { "\($0)".contains("from 1 to 4") }
    }

    @Test("a variable stands for an option that is not given, and keeps to its range as well")
    func variables() throws {
        let given = try Arguments(["--num_workers", "3"], knowing: options)
        let silent = try Arguments([], knowing: options)
        func number(_ arguments: Arguments, _ value: String?) throws -> Int? {
            let environment = value.map { ["NUM_WORKERS": $0] } ?? [:]
            return try arguments.integer("num_workers", orVariable: "NUM_WORKERS", of: environment, in: 1...4)
        }
        #expect(try number(given, "4") == 3)
        #expect(try number(silent, "4") == 4)
        for unset in [nil, ""] { #expect(try number(silent, unset) == nil) }
        func text(_ arguments: Arguments, _ value: String?) -> [String]? {
            let environment = value.map { ["NUM_WORKERS": $0] } ?? [:]
            return arguments.value("num_workers", orVariable: "NUM_WORKERS", of: environment).map { [$0.text, $0.place] }
        }
        #expect(text(given, "4") == ["3", "--num_workers"])
        #expect(text(silent, "4") == ["4", "the variable NUM_WORKERS"])
        for unset in [nil, ""] { #expect(text(silent, unset) == nil) }
        for wrong in ["abc", "5", "70000"] {
            #expect { try number(silent, wrong) } throws: { "\($0)".contains("variable NUM_WORKERS is \(wrong)") }
        }
    }

    @Test("a table's columns are as wide as they need to be, numbers to the right")
    func table() {
        let table = Table(columns: ["model", "cost"], rows: [["flux", "$0.5"], ["a", "$12.25"]])
        #expect(table.text == "model    cost\nflux     $0.5\na      $12.25\n")
    }

    @Test("what callers wrote neither ends a line of a table nor steers the terminal")
    func printable() {
        #expect(Table(columns: ["model"], rows: [["a\u{1b}[2J\nb\u{9b}c"]]).text == "model\na?[2J?b?c\n")
    }
}
