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
        let (configuration, findings) = Configuration.load(
            path: path, environment: Environment.variables, strictness: arguments.has("strict") ? .strict : .lenient)
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
