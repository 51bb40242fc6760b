import YAML

/// Turns a document into a `Configuration`, collecting everything that is to be said about
/// it instead of stopping at the first.
///
/// A value that is wrong is reported and left at its default, so that the rest is still
/// checked; the configuration is given out only if no finding is an error.
struct ConfigurationReader {
    let file: String
    /// The process environment, and `environment_variables` of the document beneath it.
    var environment: [String: String]
    var strictness: Strictness
    /// What the running process cannot change; `nil` before the start.
    var fixed: FixedSettings?
    private(set) var findings: [Finding] = []
    var configuration = Configuration()
    var defaults = ModelDefaults()
    /// `model_info.id` and the line where it was first given.
    var modelIDs: [String: Int] = [:]
    /// Where each of the configuration's aliases stands, and the name of its model.
    var aliasPlaces: [(alias: Member, model: Place)] = []
    /// Where models fall back, with the places, for when all models are known.
    var fallbackRules: [FallbackRule] = []
    /// Keys that were warned of already: one warning each, not one a model.
    private var reported: Set<String> = []

    /// What a model has unless it says otherwise.
    struct ModelDefaults {
        var falKey: String?
        var apiBase: String?
        var timeout: Duration = .seconds(600)
        var retries = 2
        var unsupportedParameters: UnsupportedParameters?
        var policies = ImagePolicies()
    }

    init(file: String, environment: [String: String], strictness: Strictness) {
        self.file = file
        self.environment = environment
        self.strictness = strictness
    }

    /// Reads the document. The findings are in the order of the file.
    mutating func read(_ root: YAMLNode) -> (configuration: Configuration?, findings: [Finding]) {
        readDocument(Place(node: root, path: ""))
        let sorted = findings.enumerated().sorted { a, b in
            (a.element.position, a.offset) < (b.element.position, b.offset)
        }
        // A value that is read twice, as model_info is, is wrong once.
        var seen: Set<Finding> = []
        let distinct = sorted.map(\.element).filter { seen.insert($0).inserted }
        let isUsable = !findings.contains { $0.severity == .error }
        return (isUsable ? configuration : nil, distinct)
    }

    private mutating func readDocument(_ root: Place) {
        guard case .mapping = root.node.value else {
            return error("a configuration is a mapping that begins with model_list", at: root)
        }
        let sections = members(of: root)
        let section = { (name: String) in sections.last { $0.name == name && !$0.value.isNull } }
        if let strict = section("strict_config"), flag(strict.value) == true { strictness = .strict }
        if let general = section("general_settings"), let strict = general.value.node["strict_config"],
            flag(Place(node: strict, path: "general_settings.strict_config")) == true
        {
            strictness = .strict
        }
        // What is read later depends on what is read before.
        if let variables = section("environment_variables") { readEnvironment(variables.value) }
        readProcessEnvironment()
        if let settings = section("litellm_settings") { readLiteLLMSettings(settings.value) }
        if let settings = section("router_settings") { readRouterSettings(settings.value) }
        if let settings = section("general_settings") { readGeneralSettings(settings.value) }
        readModelList(section("model_list"), in: root)
        for member in sections {
            // LiteLLM would merge the files named there; without them models would be missing.
            if member.name == "include" {
                error("other files are not included: put everything into this one", at: member.value)
            } else if !member.name.hasPrefix("x-") {
                reportUnhonoured(member, in: .document)
            }
        }
        checkAliases()
        checkFallbacks()
        checkMasterKey(in: root)
        checkDatabase(in: root)
        checkFixedSettings(in: root)
        checkFollowing(in: root)
        checkImageFolder(in: root)
    }

    private mutating func readModelList(_ list: Member?, in root: Place) {
        guard let list, case .sequence(let entries) = list.value.node.value, !entries.isEmpty else {
            let place = list?.value ?? Place(node: root.node, path: "model_list")
            return error("a list with at least one model is needed here", at: place)
        }
        for index in entries.indices { readModel(list.value.element(index, of: entries)) }
    }
}

// MARK: - Findings

extension ConfigurationReader {
    mutating func error(_ message: String, at place: Place) {
        add(.error, message, at: place.node.position, path: place.path)
    }

    mutating func warning(_ message: String, at place: Place) {
        add(.warning, message, at: place.node.position, path: place.path)
    }

    private mutating func add(_ severity: Finding.Severity, _ message: String, at position: YAMLPosition, path: String) {
        findings.append(Finding(severity: severity, file: file, position: position, path: path, message: message))
    }

    /// Says of a key that is not honoured why: it has no meaning here, or nobody knows it.
    mutating func reportUnhonoured(_ member: Member, in keys: KnownKeys) {
        let (position, path) = (member.keyPosition, member.value.path)
        switch keys.standing(of: member.name) {
        case .honoured: return
        case .ignored where isRepeated(member), .unenforced where isRepeated(member): return
        case .ignored:
            let hint = KnownKeys.counterparts[member.name].map { "; here it is \($0)" } ?? ""
            add(.warning, "LiteLLM's setting has no meaning here and is ignored\(hint)", at: position, path: path)
        case .unenforced:
            add(.warning, "LiteLLM's setting is not enforced here: nothing is restricted by it", at: position, path: path)
        case .unknown(let nearest):
            let hint = nearest.map { "; did you mean \($0)?" } ?? ""
            add(strictness == .strict ? .error : .warning, "unknown key\(hint)", at: position, path: path)
        }
    }

    /// False the first time for this key, whichever element of a list it stands in.
    private mutating func isRepeated(_ member: Member) -> Bool {
        var general = ""
        var isIndex = false
        for character in member.value.path {
            if character == "[" { isIndex = true }
            if !isIndex { general.append(character) }
            if character == "]" { isIndex = false }
        }
        return !reported.insert(general).inserted
    }

    /// Of a key that may stand there, and is nearly one with a meaning.
    mutating func reportSlip(_ message: String, _ member: Member) {
        add(strictness == .strict ? .error : .warning, message, at: member.keyPosition, path: member.value.path)
    }
}
