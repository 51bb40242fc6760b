// The gateway that one would write in an afternoon with Hummingbird 2 and AsyncHTTPClient: the key is
// checked, JSON is read and written on both sides by Codable, fal is called three times (submit, follow,
// fetch) over kept connections; nothing is journaled, limited or priced.
// Usage: HummingbirdGateway <port> <address of fal's queue>
import AsyncHTTPClient
import Foundation
import Hummingbird
import NIOCore
import NIOFoundationCompat

struct ImageRequest: Decodable {
    var model: String
    var prompt: String
    var n: Int?
    var size: String?
}

struct ImageResponse: ResponseEncodable {
    var created: Int
    var data: [Image]
}

struct Image: Codable {
    var url: String
}

struct FalInput: Encodable {
    struct Size: Encodable {
        var width: Int
        var height: Int
    }

    var prompt: String
    var num_images: Int
    var image_size: Size
}

struct FalJob: Decodable {
    var status_url: String
    var response_url: String
}

struct FalStatus: Decodable {
    var status: String
}

struct FalResult: Decodable {
    var images: [Image]
}

struct Gateway {
    static let authorization = "Bearer sk-1234"
    static let endpoints = ["flux": "fal-ai/flux/schnell"]

    let fal: String
    let client: HTTPClient

    func generate(_ request: Request, _ context: BasicRequestContext) async throws -> ImageResponse {
        guard request.headers[.authorization] == Self.authorization else { throw HTTPError(.unauthorized, message: "unknown key") }
        let wanted = try await request.decode(as: ImageRequest.self, context: context)
        guard let endpoint = Self.endpoints[wanted.model] else { throw HTTPError(.notFound, message: "unknown model") }
        let size = (wanted.size ?? "1024x1024").split(separator: "x").compactMap { Int($0) }
        guard size.count == 2 else { throw HTTPError(.badRequest, message: "no such size") }

        let input = FalInput(
            prompt: wanted.prompt, num_images: wanted.n ?? 1, image_size: FalInput.Size(width: size[0], height: size[1]))
        let job: FalJob = try await call("\(fal)/\(endpoint)", sending: try JSONEncoder().encodeAsByteBuffer(input, allocator: ByteBufferAllocator()))
        while true {
            let status: FalStatus = try await call(job.status_url)
            if status.status == "COMPLETED" { break }
            try await Task.sleep(for: .milliseconds(100))
        }
        let result: FalResult = try await call(job.response_url)
        return ImageResponse(created: Int(Date().timeIntervalSince1970), data: result.images)
    }

    private func call<Answer: Decodable>(_ url: String, sending body: ByteBuffer? = nil) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "Authorization", value: "Key test-key-id:test-key-secret")
        if let body {
            request.method = .POST
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(body)
        }
        let response = try await client.execute(request, timeout: .seconds(60))
        guard response.status == .ok else { throw HTTPError(.badGateway, message: "fal did not answer") }
        return try JSONDecoder().decode(Answer.self, from: try await response.body.collect(upTo: 1024 * 1024))
    }
}

@main struct Main {
    static func main() async throws {
        guard CommandLine.arguments.count == 3, let port = Int(CommandLine.arguments[1]) else {
            fatalError("usage: HummingbirdGateway <port> <address of fal's queue>")
        }
        // Eight would make 64 clients wait for one another.
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
        let client = HTTPClient(configuration: configuration)
        let gateway = Gateway(fal: CommandLine.arguments[2], client: client)
        let router = Router()
        router.post("/v1/images/generations") { request, context in try await gateway.generate(request, context) }
        let application = Application(router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)))
        try await application.runService()
        try await client.shutdown()
    }
}
