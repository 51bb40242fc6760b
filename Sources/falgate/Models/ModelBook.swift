import Fal
import Gateway
import Glibc
import Ledger

/// What a command about models knows: the configuration, if there is one, and what the ledger
/// remembers. Reading disturbs no running gateway.
struct ModelBook {
    /// `nil` without a configuration file: everything is as by default then.
    let configuration: Configuration?
    let database: String
    let catalog: ProfileCatalog

    init(_ arguments: Arguments) throws {
        configuration = try ModelBook.configuration(arguments)
        database = arguments["database"] ?? configuration?.databaseLocation ?? Configuration.defaultDatabase
        guard access(database, F_OK) == 0 else {
            catalog = .builtIn
            return
        }
        do {
            let (catalog, problems) = try ProfileCatalog.remembered(at: database)
            self.catalog = catalog
            for problem in problems { complain("falgate models: \(problem)") }
        } catch LedgerError.olderSchema {
            // Of a release that learned nothing.
            catalog = .builtIn
        } catch {
            throw StartFailure("\(database): \(error)")
        }
    }

    private static func configuration(_ arguments: Arguments) throws -> Configuration? {
        let usual = "config.yaml"
        let environment = Environment.variables
        guard let path = arguments.value("config", orVariable: "CONFIG_FILE_PATH", of: environment)?.text
            ?? (access(usual, F_OK) == 0 ? usual : nil)
        else { return nil }
        let (configuration, findings) = Configuration.load(path: path, environment: environment)
        for finding in findings where finding.severity == .error { complain("\(finding)") }
        guard let configuration else { throw StartFailure("the configuration has errors") }
        return configuration
    }

    /// Where to write; created when it is not there.
    func store() throws -> LearnedStore {
        guard database != ":memory:" else {
            throw StartFailure("the configuration keeps its ledger in memory: what is learned would be lost at once")
        }
        do {
            return try LearnedStore(path: database)
        } catch {
            throw StartFailure("\(database): \(error)")
        }
    }

    func routing() throws -> Routing? {
        guard let configuration else { return nil }
        return try Routing(configuration, catalog: catalog)
    }

    /// The endpoint that is meant: a model's of the configuration, or the id as it stands.
    func endpoint(_ name: String) throws -> Endpoint {
        if let deployment = try routing()?.deployments(for: name).first { return deployment.endpoint }
        let id = name.hasPrefix("fal_ai/") ? String(name.dropFirst("fal_ai/".count)) : name
        do {
            return try Endpoint(id)
        } catch {
            throw UsageError("\(name) is neither a model of the configuration nor a fal endpoint: \(error)")
        }
    }

    /// The last line of every command that wrote.
    static func note(_ store: LearnedStore) {
        if store.isServed { complain("the gateway that is running with this database sees it after a reload or its next start") }
    }
}
