import Gateway

extension Command {
    static let check = Command(
        name: "check", summary: "reads a configuration and prints every finding; never touches the network",
        operands: "CONFIG",
        options: [
            .value("config", "c", as: "FILE", help: "the configuration, if not given as CONFIG"),
            .flag("strict", help: "an unknown key is an error, not a warning"),
        ]
    ) { arguments in
        try arguments.expectPositionals(atMost: 1)
        guard let path = arguments.positionals.first ?? arguments["config"] else {
            throw UsageError("which file? falgate check config.yaml")
        }
        return check(path, strictly: arguments.has("strict"))
    }

    /// LiteLLM's `--validate_config`: with the options of a start, of which only those about the configuration count.
    static let validate = Command(name: "serve", summary: serve.summary, operands: serve.operands, options: serve.options) { arguments in
        try arguments.expectPositionals(atMost: 1)
        let path = arguments.positionals.first ?? ServeRun.path(arguments, Environment.variables)
        return check(path, strictly: arguments.has("strict"))
    }

    private static func check(_ path: String, strictly isStrict: Bool) -> Int32 {
        let (configuration, findings) = Configuration.load(
            path: path, environment: Environment.variables, strictness: isStrict ? .strict : .lenient)
        for finding in findings { output("\(finding)\n") }
        guard let configuration else { return 1 }
        do throws(RoutingError) {
            let routing = try Routing(configuration)
            output("\(path): \(routing.listedNames.count) model(s), no errors\n")
            return 0
        } catch {
            output("\(error.finding(in: path))\n")
            return 1
        }
    }
}
