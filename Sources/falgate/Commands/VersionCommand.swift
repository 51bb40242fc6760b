import Gateway

extension Command {
    static let version = Command(
        name: "version", summary: "tells the version", operands: "", options: []
    ) { arguments in
        try arguments.expectPositionals(atMost: 0)
        output("falgate \(GatewayVersion.number)\n")
        return 0
    }
}
