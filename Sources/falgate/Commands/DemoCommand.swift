import FalSimulator
import Gateway
import Glibc
import HTTP
import JSON
import Reactor

extension Command {
    static let demo = Command(
        name: "demo", summary: "starts everything, makes a first image, and goes on serving", operands: "",
        options: [
            .value("port", "p", as: "N", help: "the gateway's port; 4000"),
            .value("folder", as: "DIR", help: "where the image and the ledger go; demo"),
            .flag("simulator", help: "with the stand-in for fal, even if there is a fal key"),
            .flag("fal", help: "with the real fal, which costs what it costs; needs FAL_AI_API_KEY or FAL_KEY"),
        ]
    ) { arguments in
        try arguments.expectPositionals(atMost: 0)
        return try DemoRun(arguments).run()
    }
}

/// One run of `falgate demo`.
private struct DemoRun {
    private static let key = "sk-demo"
    private static let prompt = "a lighthouse at dawn"

    private enum Upstream {
        case simulator
        case fal
    }

    private let port: UInt16
    private let folder: String
    private let upstream: Upstream

    init(_ arguments: Arguments) throws {
        port = UInt16(try arguments.integer("port", in: 0...65_535) ?? 4000)
        folder = arguments["folder"] ?? "demo"
        guard !folder.contains("?") else { throw UsageError("--folder is \(folder); the path of a ledger has no question mark") }
        upstream = try DemoRun.upstream(arguments)
    }

    func run() throws -> Int32 {
        var signals = Signals([SIGTERM, SIGINT])
        guard mkdir(folder, 0o755) == 0 || errno == EEXIST else {
            throw StartFailure("cannot make the folder \(folder): \(String(cString: strerror(errno)))")
        }
        let gateway = try gateway()
        let base = "http://localhost:\(gateway.address.port)"
        output("falgate \(GatewayVersion.number) listening on http://\(gateway.address)\n\n")
        output("Making a first image (\(DemoRun.prompt)) ...\n")
        let file = try firstImage(from: "http://\(gateway.address)")
        output("It is in \(file)\n\n\(DemoRun.next(base))")
        _ = signals.next()
        Blocking.wait { await gateway.drain(until: .after(.seconds(5))) }
        return 0
    }

    /// Asks, where somebody is there to answer; what costs money is never the default.
    private static func upstream(_ arguments: Arguments) throws -> Upstream {
        let hasKey = ["FAL_AI_API_KEY", "FAL_KEY"].contains { Environment.variables[$0]?.isEmpty == false }
        if arguments.has("fal") {
            guard hasKey else { throw UsageError("--fal needs FAL_AI_API_KEY or FAL_KEY in the environment") }
            return .fal
        }
        guard hasKey, !arguments.has("simulator") else { return .simulator }
        guard isatty(STDIN_FILENO) == 1 else {
            output("A fal key is set: run with --fal to use the real fal. Using the stand-in.\n")
            return .simulator
        }
        output("A fal key is set. Use the real fal for this demo? One image of flux/schnell, about $0.003 [y/N] ")
        return readLine()?.lowercased().hasPrefix("y") == true ? .fal : .simulator
    }

    private func gateway() throws -> Gateway {
        var apiBase = ""
        if upstream == .simulator {
            guard let loopback = SocketAddress(ip: "127.0.0.1", port: 0) else { throw StartFailure("no loopback") }
            var options = SimulatorOptions()
            options.latency = .realistic
            apiBase = "\n      api_base: http://\(try SimulatedFal(options, at: loopback).address)\n      api_key: demo-key:demo-secret"
        }
        let (configuration, findings) = Configuration.read(
            Array(configurationText(apiBase).utf8), file: "the demo's configuration", environment: Environment.variables)
        for finding in findings { complain("\(finding)") }
        guard let configuration, let address = SocketAddress(ip: "127.0.0.1", port: port) else {
            throw StartFailure("the demo's configuration has errors")
        }
        let loops = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        let log = try Log(threshold: .info)
        return try Blocking.wait(throwing: {
            try await Gateway(
                configuration, options: Gateway.Options(address: address, loops: loops), log: log)
        })
    }

    private func configurationText(_ connection: String) -> String {
        let models = [
            ("flux-schnell", "fal-ai/flux/schnell"), ("flux", "fal-ai/flux/dev"),
            ("flux-ultra", "fal-ai/flux-pro/v1.1-ultra"), ("imagen4", "fal-ai/imagen4/preview"),
            ("recraft", "fal-ai/recraft/v3/text-to-image"), ("fal_ai/*", "*"),
        ]
        let entries = models.map { name, endpoint in
            "  - model_name: \"\(name)\"\n    litellm_params:\n      model: \"fal_ai/\(endpoint)\"\(connection)\n"
        }
        let database = String(decoding: JSONValue.string("sqlite:///\(folder)/falgate.db").serialized(), as: UTF8.self)
        return """
            model_list:
            \(entries.joined())
            general_settings:
              master_key: \(DemoRun.key)
              database_url: \(database)

            """
    }

    private func firstImage(from base: String) throws -> String {
        guard let url = URL(base + "/v1/images/generations") else { throw StartFailure("\(base) is no URL") }
        let body: JSONObject = [
            "model": "flux-schnell", "prompt": .string(DemoRun.prompt), "size": "1024x768", "response_format": "b64_json",
        ]
        let fields: Fields = ["authorization": "Bearer \(DemoRun.key)", "content-type": "application/json"]
        let answer = try OneRequest.send(ClientRequest(.post, url, fields: fields, body: body.serialized()))
        let value = try JSON.parse(answer.body, duplicateKeys: .keepLast)
        guard answer.status == 200, let text = value["data"]?[0]?["b64_json"]?.stringValue else {
            throw StartFailure("no image came: \(value["error"]?["message"]?.stringValue ?? "status \(answer.status)")")
        }
        let path = "\(folder)/first-image.\(value["output_format"]?.stringValue ?? "jpeg")"
        try write(try Base64.decode(Array(text.utf8)), to: path)
        return path
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        guard let file = fopen(path, "w") else {
            throw StartFailure("cannot write \(path): \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw StartFailure("cannot write \(path)") }
    }

    private static func next(_ base: String) -> String {
        """
        Try it yourself, from another terminal:

          curl \(base)/v1/images/generations \\
            -H 'Authorization: Bearer \(key)' -H 'Content-Type: application/json' \\
            -d '{"model": "flux-schnell", "prompt": "\(prompt)", "n": 2, "size": "1024x768"}'

        or in Python (pip install openai):

          from openai import OpenAI
          client = OpenAI(base_url="\(base)", api_key="\(key)")
          answer = client.images.generate(model="flux-schnell", prompt="\(prompt)", n=2)
          print([image.url for image in answer.data])

        Serving until you press Ctrl-C.

        """
    }
}
