extension Deployment {
    /// How a deployment has fared, in the parts that others share with it.
    struct Health: Sendable {
        /// Of the entry, whichever key is used.
        let entry: DeploymentHealth
        /// Of the key, whichever entry uses it.
        let key: KeyHealth
        /// Of this key at this entry.
        let access: KeyHealth
    }
}

/// The objects that deployments have in common, made once from the configuration.
struct SharedHealth: Sendable {
    private struct Access: Hashable {
        let id: String
        let key: Secret
    }

    private var admissions: [String: Admission] = [:]
    private var entries: [String: DeploymentHealth] = [:]
    private var keys: [Secret: KeyHealth] = [:]
    private var accesses: [Access: KeyHealth] = [:]

    /// - Parameter previous: what it has of the same entries and keys is taken over.
    init(_ models: [ConfiguredModel], replacing previous: SharedHealth? = nil) {
        for model in models {
            admissions[model.id] = Admission(
                limit: model.maximumParallelRequests, replacing: previous?.admissions[model.id])
            entries[model.id] = previous?.entries[model.id] ?? DeploymentHealth()
            for key in model.falKeys {
                keys[key] = keys[key] ?? previous?.keys[key] ?? KeyHealth()
                // Behind a wildcard are many endpoints: one that is denied says nothing of the others.
                guard !model.name.isWildcard else { continue }
                let access = Access(id: model.id, key: key)
                accesses[access] = previous?.accesses[access] ?? KeyHealth()
            }
        }
    }

    func admission(of model: ConfiguredModel) -> Admission {
        admissions[model.id] ?? Admission(limit: model.maximumParallelRequests)
    }

    func health(of model: ConfiguredModel, key: Secret) -> Deployment.Health {
        Deployment.Health(
            entry: entries[model.id] ?? DeploymentHealth(), key: keys[key] ?? KeyHealth(),
            access: accesses[Access(id: model.id, key: key)] ?? KeyHealth())
    }
}
