import YAML

/// The files that a process is configured by: read at the start, and again at every reload.
package struct ConfigurationSource: Sendable {
    /// `--ssl_certfile_path` and `--ssl_keyfile_path`.
    package struct TLSFiles: Sendable {
        package let certificate: String
        package let key: String

        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    package let path: String
    /// The process's variables: they stay as they were at the start.
    package let environment: [String: String]
    package let strictness: Strictness
    package let tls: TLSFiles?

    package init(path: String, environment: [String: String], strictness: Strictness, tls: TLSFiles? = nil) {
        self.path = path
        self.environment = environment
        self.strictness = strictness
        self.tls = tls
    }

    /// Reads the configuration. Touches that file and nothing else.
    ///
    /// - Parameter fixed: for a process that runs: what it cannot change without a restart.
    package func read(fixed: FixedSettings? = nil) -> (configuration: Configuration?, findings: [Finding]) {
        Configuration.load(path: path, environment: environment, strictness: strictness, fixed: fixed)
    }
}

/// What a running process cannot change: a configuration that says otherwise is refused, so that
/// nobody believes it took effect.
package struct FixedSettings: Sendable, Equatable {
    /// `Configuration.databaseLocation`
    package var database: String
    /// Only this machine can connect.
    package var isLoopback: Bool
    /// `Configuration.imageFolder` and its bound.
    package var imageFolder: String?
    package var imageFolderBytes = Configuration.usualImageFolderBytes
}

extension ConfigurationReader {
    /// After everything else: a setting may come from the environment.
    mutating func checkFixedSettings(in root: Place) {
        guard let fixed else { return }
        let general = root.node["general_settings"]
        func place(_ key: String) -> Place {
            guard let node = general?[key] else { return root }
            return Place(node: node, path: "general_settings.\(key)")
        }
        if configuration.databaseLocation != fixed.database {
            error("the database cannot be changed while the gateway runs: restart it", at: place("database_url"))
        }
        if configuration.imageFolder != fixed.imageFolder {
            error("the folder of images cannot be changed while the gateway runs: restart it", at: place("store_images"))
        } else if configuration.imageFolder != nil, configuration.imageFolderBytes != fixed.imageFolderBytes {
            error("the bound of the folder cannot be changed while the gateway runs: restart it", at: place("store_images_max_bytes"))
        }
        if configuration.masterKey == nil, !fixed.isLoopback {
            error(
                "without a master_key only the loopback may be listened on, and this gateway listens beyond it: restart it",
                at: place("master_key"))
        }
    }
}
