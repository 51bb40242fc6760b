import Foundation
import HTTP
import JSON
import Reactor

@testable import FalSimulator

/// A simulator on a real socket, on a loop of its own.
final class Running: Sendable {
    let reactor: Reactor
    let address: SocketAddress
    private let server: Server

    init(_ change: (inout SimulatorOptions) -> Void = { _ in }) throws {
        var options = SimulatorOptions()
        change(&options)
        reactor = try Reactor(name: "simulator")
        let listener = try Listener(SocketAddress(ip: "127.0.0.1", port: 0)!, backlog: 1024)
        address = listener.address
        server = try Simulator.server(options, on: listener, reactor: reactor)
        reactor.spawn { [server] in await server.run() }
    }

    struct Reply {
        var status: Int
        var fields: [(name: String, value: String)]
        var body: [UInt8]

        var json: JSONValue { (try? JSON.parse(body)) ?? .null }
        var text: String { String(decoding: body, as: UTF8.self) }
        subscript(field: String) -> String? { fields.first { $0.name.lowercased() == field.lowercased() }?.value }
    }

    static let key = "Authorization: Key id:secret"

    /// One request on a connection of its own, read to the connection's end.
    func send(_ method: String, _ path: String, _ body: String = "", fields: [String] = [key]) async throws -> Reply {
        let connection = try await open(method, path, body, fields: fields)
        return Self.reply(from: await connection.reduce(into: []) { $0 += $1 })
    }

    func post(_ path: String, _ body: String) async throws -> Reply { try await send("POST", path, body) }
    func get(_ path: String) async throws -> Reply { try await send("GET", path) }

    /// Submits and gives the job's paths.
    func submit(
        _ endpoint: String = "fal-ai/flux/dev", _ body: String = #"{"prompt":"x"}"#, key: String = "id:secret"
    ) async throws -> (id: String, path: String, reply: Reply) {
        let reply = try await send("POST", "/\(endpoint)", body, fields: ["Authorization: Key \(key)"])
        let url = reply.json["response_url"]?.stringValue ?? ""
        let path = String(url.dropFirst("http://\(address)".count))
        return (reply.json["request_id"]?.stringValue ?? "", path, reply)
    }

    /// The bytes of an answer as they come; ends with the connection. Dropping the stream hangs up.
    func open(_ method: String, _ path: String, _ body: String = "", fields: [String] = [key]) async throws
        -> AsyncStream<[UInt8]>
    {
        let lines = ["\(method) \(path) HTTP/1.1", "Host: \(address)", "Connection: close"] + fields
        let length = body.isEmpty && method != "POST" ? [] : ["Content-Length: \(body.utf8.count)"]
        let head = (lines + length).joined(separator: "\r\n") + "\r\n\r\n"
        let (stream, continuation) = AsyncStream<[UInt8]>.makeStream()
        let (reactor, address) = (reactor, address)
        let task = reactor.spawn {
            do {
                let deadline = Deadline.after(.seconds(20))
                let socket = try await Socket.connect(to: address, on: reactor, until: deadline)
                defer { socket.close() }
                try await socket.write(Array((head + body).utf8), stall: .seconds(20))
                var buffer = [UInt8](repeating: 0, count: 65536)
                while true {
                    guard let count = try buffer.withUnsafeMutableBytes({ try socket.tryRead(into: $0) }) else {
                        try await socket.waitReadable(until: deadline)
                        continue
                    }
                    if count == 0 { break }
                    continuation.yield(Array(buffer[..<count]))
                }
            } catch {}
            continuation.finish()
        }
        continuation.onTermination = { _ in task.cancel() }
        return stream
    }

    static func reply(from bytes: [UInt8]) -> Reply {
        let mark = Array("\r\n\r\n".utf8)
        guard let end = bytes.firstRange(of: mark) else { return Reply(status: 0, fields: [], body: []) }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        let fields = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (String(parts[0]), parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : "")
        }
        let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        var reply = Reply(status: status, fields: fields, body: Array(bytes[end.upperBound...]))
        if reply["Transfer-Encoding"] == "chunked" { reply.body = dechunked(reply.body) }
        return reply
    }

    private static func dechunked(_ bytes: [UInt8]) -> [UInt8] {
        var (rest, whole) = (bytes[...], [UInt8]())
        while let line = rest.firstIndex(of: UInt8(ascii: "\r")),
            let size = Int(String(decoding: rest[..<line], as: UTF8.self), radix: 16), size > 0
        {
            let data = rest.dropFirst(line - rest.startIndex + 2)
            whole += data.prefix(size)
            rest = data.dropFirst(size + 2)
        }
        return whole
    }
}
