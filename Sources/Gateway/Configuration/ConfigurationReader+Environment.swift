import YAML

/// What the environment says, and what the document adds to it.
extension ConfigurationReader {
    /// `environment_variables`: taken where the process has no variable of that name, as
    /// LiteLLM does. Numbers and booleans become what Python's `str` makes of them.
    mutating func readEnvironment(_ place: Place) {
        var added: [String: String] = [:]
        for member in members(of: place) {
            switch member.value.node.value {
            case .integer(let lexeme), .float(let lexeme): added[member.name] = lexeme
            case .bool(let isTrue): added[member.name] = isTrue ? "True" : "False"
            default: added[member.name] = text(member.value)
            }
        }
        environment.merge(added) { process, _ in process }
    }

    /// Variables that stand in for settings which the document does not make.
    mutating func readProcessEnvironment() {
        defaults.falKey = variable("FAL_AI_API_KEY") ?? variable("FAL_KEY")
        defaults.apiBase = variable("FAL_AI_API_BASE")
        configuration.masterKey = variable("LITELLM_MASTER_KEY").map(Secret.init)
        configuration.database = variable("DATABASE_URL").flatMap(DatabaseLocation.init(url:))
        configuration.permitsWeakMasterKey =
            variable("LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY")?.lowercased() == "true"
    }

    private func variable(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
