import YAML

/// `litellm_settings`, `router_settings` and `general_settings`.
extension ConfigurationReader {
    mutating func readLiteLLMSettings(_ section: Place) {
        for member in members(of: section) where !member.value.isNull {
            let value = member.value
            switch member.name {
            case "drop_params":
                defaults.unsupportedParameters = flag(value).map { $0 ? .drop : .refuse }
            case "num_retries": defaults.retries = integer(value, in: Self.retries) ?? defaults.retries
            case "request_timeout": defaults.timeout = seconds(value) ?? defaults.timeout
            default:
                if !readRouting(member, in: .litellm) { reportUnhonoured(member, in: .litellm) }
            }
        }
    }

    /// Read after `litellm_settings`, because it wins.
    mutating func readRouterSettings(_ section: Place) {
        for member in members(of: section) where !member.value.isNull {
            let value = member.value
            switch member.name {
            case "num_retries": defaults.retries = integer(value, in: Self.retries) ?? defaults.retries
            case "timeout": defaults.timeout = seconds(value) ?? defaults.timeout
            case "model_group_alias": readAliases(value)
            default:
                if !readRouting(member, in: .router) { reportUnhonoured(member, in: .router) }
            }
        }
    }

    static let retries = 0...20
    /// Seconds; fal's addresses last for years, but the database should not grow for ever.
    private static let resultLifetimes = 0...31_536_000

    /// `{alias: name}` or `{alias: {model: name, hidden: true}}`.
    private mutating func readAliases(_ place: Place) {
        for member in members(of: place) {
            guard case .mapping = member.value.node.value else {
                if let model = nonEmptyText(member.value) {
                    configuration.aliases.append(ModelAlias(name: member.name, model: model, visibility: .listed))
                    aliasPlaces.append((member, member.value))
                }
                continue
            }
            var model: String?
            var place = member.value
            var visibility = ModelAlias.Visibility.listed
            for detail in members(of: member.value) {
                switch detail.name {
                case "model": (model, place) = (nonEmptyText(detail.value), detail.value)
                case "hidden": visibility = flag(detail.value) == true ? .hidden : .listed
                default: reportUnhonoured(detail, in: KnownKeys(honoured: ["model", "hidden"]))
                }
            }
            if let model {
                configuration.aliases.append(ModelAlias(name: member.name, model: model, visibility: visibility))
                aliasPlaces.append((member, place))
            } else if member.value.node["model"] == nil {
                error("the alias needs a model", at: member.value)
            }
        }
    }

    mutating func readGeneralSettings(_ section: Place) {
        for member in members(of: section) where !member.value.isNull {
            let value = member.value
            switch member.name {
            case "master_key": readMasterKey(value)
            case "dangerously_permit_weak_or_unset_master_key":
                configuration.permitsWeakMasterKey = flag(value) ?? configuration.permitsWeakMasterKey
            case "litellm_key_header_name":
                guard let name = nonEmptyText(value) else { continue }
                guard HeaderText.isName(name) else {
                    error("this is not the name of a header", at: value)
                    continue
                }
                configuration.keyHeaderName = name
            case "database_url": readDatabase(value)
            case "max_parallel_requests":
                configuration.maximumParallelRequestsPerKey = integer(value, in: 1...Int.max)
            case "global_max_parallel_requests":
                configuration.maximumParallelRequests = integer(value, in: 1...Int.max)
            case "max_request_size_mb":
                configuration.maximumRequestBytes = megabytes(value)
            case "max_images_per_request":
                configuration.maximumImagesPerRequest =
                    integer(value, in: 1...1000) ?? configuration.maximumImagesPerRequest
            case "max_input_images":
                configuration.maximumInputImages = integer(value, in: 1...64) ?? configuration.maximumInputImages
            case "allowed_image_hosts": configuration.allowedImageHosts = hosts(value)
            case "result_ttl":
                configuration.resultLifetime =
                    integer(value, in: Self.resultLifetimes).map { .seconds($0) } ?? configuration.resultLifetime
            case "store_images": configuration.imageFolder = folder(value)
            case "store_images_max_bytes":
                configuration.imageFolderBytes = integer(value, in: 1...Int.max) ?? configuration.imageFolderBytes
            case "on_disconnect": configuration.disconnectPolicy = choice(value) ?? configuration.disconnectPolicy
            case "join_retries": configuration.joinsRetries = flag(value) ?? configuration.joinsRetries
            case "metrics": configuration.metricsAccess = choice(value) ?? configuration.metricsAccess
            case "unpriced_models": configuration.unpricedModels = choice(value) ?? configuration.unpricedModels
            case "retry_paid_failures":
                configuration.routing.retriesPaidFailures = flag(value) ?? configuration.routing.retriesPaidFailures
            case "learn_models": configuration.learnsModels = flag(value) ?? configuration.learnsModels
            case "openapi_base": configuration.documentBase = base(value) ?? configuration.documentBase
            case "pricing_base": configuration.priceBase = base(value) ?? configuration.priceBase
            case "public_url": configuration.publicURL = reachable(value)
            case "follow": configuration.following = choice(value) ?? configuration.following
            case "fal_jwks_url": configuration.webhookKeysURL = reachable(value) ?? configuration.webhookKeysURL
            case "webhook_secret": configuration.webhookSecret = webhookSecret(value)
            case "allow_private_webhooks":
                configuration.allowsPrivateWebhooks = flag(value) ?? configuration.allowsPrivateWebhooks
            case "strict_config": break
            default:
                if let policies = readPolicy(member, over: defaults.policies) {
                    defaults.policies = policies
                } else {
                    reportUnhonoured(member, in: .general)
                }
            }
        }
    }

    private mutating func readMasterKey(_ place: Place) {
        guard let key = text(place) else { return }
        // LiteLLM refuses to start with an empty one, unless told otherwise.
        guard !key.isEmpty else {
            configuration.masterKey = nil
            return warning("the master key is empty, which is the same as none", at: place)
        }
        guard HeaderText.isKey(key) else {
            return error("a key has no blanks, control characters or non-ASCII letters: clients could not send it", at: place)
        }
        configuration.masterKey = Secret(key)
    }

    /// After everything else: a permission may come later in the file, the key may come from
    /// the environment.
    mutating func checkMasterKey(in root: Place) {
        guard let key = configuration.masterKey else { return }
        let setting = root.node["general_settings"]?["master_key"]
        let place = Place(node: setting ?? root.node, path: setting == nil ? "" : "general_settings.master_key")
        if !HeaderText.isKey(key.reveal()) {
            error("LITELLM_MASTER_KEY has blanks, control characters or non-ASCII letters: clients could not send it", at: place)
        } else if key.reveal() == "sk-1234" && !configuration.permitsWeakMasterKey {
            warning("this master key stands in LiteLLM's documentation: everybody knows it", at: place)
        }
    }

    private mutating func readDatabase(_ place: Place) {
        guard let url = nonEmptyText(place) else { return }
        guard let location = DatabaseLocation(url: url) else {
            return error("only SQLite is supported: sqlite:///relative/path or sqlite:////absolute/path", at: place)
        }
        configuration.database = location
    }

    mutating func checkDatabase(in root: Place) {
        guard configuration.database == nil, environment["DATABASE_URL"]?.isEmpty == false,
            root.node["general_settings"]?.member("database_url") == nil
        else { return }
        warning("DATABASE_URL is ignored: only SQLite is supported, sqlite:///relative/path or sqlite:////absolute/path", at: root)
    }

    private mutating func base(_ place: Place) -> String? {
        guard let text = nonEmptyText(place) else { return nil }
        guard let base = APIBase.normalized(text) else {
            error("this must be a URL like https://fal.ai, without user, query and fragment", at: place)
            return nil
        }
        return base
    }

    private mutating func folder(_ place: Place) -> String? {
        guard let path = nonEmptyText(place) else { return nil }
        guard !path.utf8.contains(0) else {
            error("this is not the path of a folder", at: place)
            return nil
        }
        return path
    }

    mutating func checkImageFolder(in root: Place) {
        guard configuration.imageFolder != nil, configuration.resultLifetime == .zero,
            let setting = root.node["general_settings"]?["store_images"]
        else { return }
        warning(
            "images are kept as long as their answers, and result_ttl is 0: nothing is kept",
            at: Place(node: setting, path: "general_settings.store_images"))
    }

    private mutating func megabytes(_ place: Place) -> Int? {
        guard let megabytes = decimal(place) else { return nil }
        guard megabytes > 0, megabytes * 1_048_576 <= Double(Configuration.mostRequestBytes) else {
            error("this must be more than 0 and at most 1024", at: place)
            return nil
        }
        return max(1, Int(megabytes * 1_048_576))
    }

    private mutating func hosts(_ place: Place) -> [String] {
        var hosts: [String] = []
        for element in elements(of: place) ?? [] {
            guard let host = nonEmptyText(element)?.lowercased() else { continue }
            let name = host.hasPrefix("*.") ? host.dropFirst(2) : host[...]
            let isHost = !name.isEmpty && name.utf8.allSatisfy { byte in
                byte.isASCIILetterOrDigit || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
            }
            guard isHost else {
                error("this must be a host name, without scheme, port and path", at: element)
                continue
            }
            hosts.append(host)
        }
        return hosts
    }
}

extension DatabaseLocation {
    /// SQLAlchemy's spelling: the path begins behind the third slash. `nil` for anything
    /// else, and for parameters behind a `?`.
    init?(url: String) {
        guard url.hasPrefix("sqlite://"), !url.utf8.contains(UInt8(ascii: "?")) else { return nil }
        let rest = url.dropFirst("sqlite://".count)
        if rest.isEmpty || rest == "/:memory:" {
            self = .memory
            return
        }
        guard rest.hasPrefix("/"), rest.utf8.count > 1, !rest.hasSuffix("/"), !rest.utf8.contains(0) else { return nil }
        self = .file(path: String(rest.dropFirst()))
    }
}
