import Gateway

/// One flag of a command, as `--help` shows it.
struct Option: Sendable {
    /// `port` for `--port`; the first one is the name it is known by, the others are accepted too.
    let names: [String]
    /// What stands behind the flag, in `--help`; `nil` for a switch.
    let value: String?
    let help: String

    static func value(_ names: String..., as placeholder: String, help: String) -> Option {
        Option(names: names, value: placeholder, help: help)
    }

    static func flag(_ names: String..., help: String) -> Option {
        Option(names: names, value: nil, help: help)
    }

    var name: String { names[0] }
}

/// What was wrong with a command line, in words for the person who typed it.
struct UsageError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// The command line behind a command's name, read against the options it knows.
///
/// `--name value`, `--name=value`, `-c value`; `_` and `-` inside names are the same, because
/// LiteLLM's flags have the one and everybody's fingers the other.
struct Arguments {
    private var values: [String: String] = [:]
    private var flags: Set<String> = []
    private(set) var positionals: [String] = []

    /// - Throws: `UsageError` naming the unknown flag and its nearest neighbour, or the flag
    ///   whose value is missing.
    init(_ words: [String], knowing options: [Option]) throws(UsageError) {
        var rest = words[...]
        while let word = rest.popFirst() {
            guard word.hasPrefix("-"), word != "-" else {
                positionals.append(word)
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let option = try Arguments.option(String(parts[0]), among: options)
            if option.value == nil {
                guard parts.count == 1 else { throw UsageError("\(parts[0]) takes no value") }
                flags.insert(option.name)
            } else if parts.count == 2 {
                values[option.name] = String(parts[1])
            } else if let value = rest.popFirst() {
                values[option.name] = value
            } else {
                throw UsageError("\(word) needs a value: \(word) \(option.value ?? "")")
            }
        }
    }

    private static func option(_ word: String, among options: [Option]) throws(UsageError) -> Option {
        let name = String(word.drop { $0 == "-" }.map { $0 == "-" ? "_" : $0 })
        if let known = options.first(where: { $0.names.contains(name) }) { return known }
        let names = options.flatMap(\.names).filter { $0.count > 1 }
        guard let near = Spelling.nearest(to: name, among: names) else {
            throw UsageError("unknown option \(word)")
        }
        throw UsageError("unknown option \(word); did you mean --\(near)?")
    }

    func has(_ flag: String) -> Bool {
        flags.contains(flag)
    }

    subscript(name: String) -> String? {
        values[name]
    }

    /// - Throws: `UsageError` when the value is not a whole number in `range`.
    func integer(_ name: String, in range: ClosedRange<Int>) throws(UsageError) -> Int? {
        try values[name].map { text throws(UsageError) in try Arguments.integer(text, of: "--\(name)", in: range) }
    }

    /// The option, or where it is not given the variable of the environment that stands for it, with what
    /// the operator knows it by. An empty variable is what compose files make of one that is not set.
    func value(
        _ name: String, orVariable variable: String, of environment: [String: String]
    ) -> (text: String, place: String)? {
        if let given = values[name] { return (given, "--\(name)") }
        guard let text = environment[variable], !text.isEmpty else { return nil }
        return (text, "the variable \(variable)")
    }

    /// The same as a number.
    ///
    /// - Throws: `UsageError` when the value is not a whole number in `range`.
    func integer(
        _ name: String, orVariable variable: String, of environment: [String: String], in range: ClosedRange<Int>
    ) throws(UsageError) -> Int? {
        try value(name, orVariable: variable, of: environment).map { given throws(UsageError) in
            try Arguments.integer(given.text, of: given.place, in: range)
        }
    }

    private static func integer(
        _ text: String, of place: String, in range: ClosedRange<Int>
    ) throws(UsageError) -> Int {
        guard let number = Int(text), range.contains(number) else {
            throw UsageError("\(place) is \(text); it takes a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// - Throws: `UsageError` when words are left that no option takes.
    func expectPositionals(atMost count: Int) throws(UsageError) {
        guard positionals.count <= count else { throw UsageError("unexpected argument \(positionals[count])") }
    }
}
