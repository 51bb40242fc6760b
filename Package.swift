// swift-tools-version: 6.1
import PackageDescription

/// One set of language settings for every target.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    // SE-0335: `any` is written out, so a dynamic dispatch is visible where it happens.
    .enableUpcomingFeature("ExistentialAny"),
    // SE-0444: a member is visible only where its module is imported.
    .enableUpcomingFeature("MemberImportVisibility"),
    // SE-0409: an import is an implementation detail unless it says otherwise.
    .enableUpcomingFeature("InternalImportsByDefault"),
    // SE-0461: async functions stay on their caller's loop; nothing hops threads by accident.
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

func target(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// Fixtures are read from the source tree by `#filePath`; excluded, they are nobody's resources.
func tests(of name: String, _ dependencies: [Target.Dependency] = [], fixtures: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: [.target(name: name)] + dependencies,
        exclude: fixtures,
        swiftSettings: settings
    )
}

let package = Package(
    name: "falgate",
    products: [
        .executable(name: "falgate", targets: ["falgate"])
    ],
    targets: [
        // Floor 0: system libraries.
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "COpenSSL"),  // libssl-dev
        .systemLibrary(name: "CSQLite"),  // libsqlite3-dev

        // Floor 1: each stands alone.
        target("Reactor", ["CLinux", "COpenSSL"]),
        target("JSON"),
        target("YAML"),
        target("Money"),
        target("Signatures", ["COpenSSL"]),

        // Floor 2.
        target("HTTP", ["Reactor"]),
        target("SQLite", ["CSQLite"]),

        // Floor 3: these three do not know one another.
        .target(
            name: "Fal",
            dependencies: ["HTTP", "Reactor", "JSON", "Money", "Signatures"],
            // The table of endpoints is compiled in as text; a test compares the two.
            exclude: ["Profiles/profiles.json"],
            swiftSettings: settings
        ),
        target("OpenAI", ["JSON"]),
        target("Ledger", ["SQLite", "JSON", "Money", "CLinux"]),

        // Floor 4: the product, and the stand-in for fal that shares no code with `Fal`.
        target("Gateway", ["Fal", "OpenAI", "Ledger", "HTTP", "Reactor", "YAML", "JSON", "Money", "Signatures"]),
        target("FalSimulator", ["HTTP", "Reactor", "JSON", "Signatures"]),

        // Floor 5: the command line.
        .executableTarget(
            name: "falgate",
            dependencies: ["Gateway", "FalSimulator", "Fal", "Ledger", "HTTP", "Reactor", "JSON", "Money"],
            swiftSettings: settings
        ),

        // Programs that tests start.
        .target(name: "ChildProcesses", path: "Tests/ChildProcesses", swiftSettings: settings),
        // Folders that tests leave nothing of.
        .target(name: "TemporaryFolders", path: "Tests/TemporaryFolders", swiftSettings: settings),

        tests(of: "Reactor", ["ChildProcesses", "TemporaryFolders"]),
        tests(of: "JSON"),
        tests(of: "YAML", fixtures: ["Fixtures"]),
        tests(of: "Money"),
        tests(of: "Signatures"),
        tests(of: "HTTP", ["Reactor", "ChildProcesses", "TemporaryFolders"], fixtures: ["Cases"]),
        tests(of: "SQLite", ["TemporaryFolders"]),
        tests(of: "Fal", ["FalSimulator", "HTTP", "Reactor", "JSON", "Money", "Signatures"]),
        tests(of: "OpenAI", ["JSON"]),
        tests(of: "Ledger", ["SQLite", "JSON", "Money", "ChildProcesses", "TemporaryFolders"]),
        tests(of: "Gateway", ["Fal", "OpenAI", "Ledger", "HTTP", "Reactor", "YAML", "JSON", "Money", "Signatures"]),
        tests(of: "FalSimulator", ["HTTP", "Reactor", "JSON", "Signatures"]),
        tests(of: "falgate", ["Fal", "FalSimulator", "HTTP", "Reactor", "JSON", "Ledger"]),
    ]
)

// The fuzzer's own build (`scripts/fuzz`): another's need not have its runtime.
if Context.environment["FALGATE_FUZZING"] != nil {
    package.targets.append(
        .executableTarget(
            name: "Fuzzing", dependencies: ["HTTP", "Reactor", "JSON", "YAML", "Fal"], path: "Fuzzing",
            exclude: ["Seeds", "Dictionaries", "pyyaml.py"],
            swiftSettings: settings))
}
