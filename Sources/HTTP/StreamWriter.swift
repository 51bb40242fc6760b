import Reactor

/// Sends the pieces of a streamed body.
final class StreamWriter: BodyWriter {
    enum Coding {
        case chunked
        /// As they are, up to the end of the connection.
        case plain
    }

    /// Pieces up to this size are copied into one write with their chunk's frame.
    private static let gatheredBytes = 16 * 1024

    private let socket: Socket
    private let coding: Coding
    private let stall: Duration

    init(_ socket: Socket, _ coding: Coding, stall: Duration) {
        self.socket = socket
        self.coding = coding
        self.stall = stall
    }

    func write(_ bytes: ArraySlice<UInt8>) async throws(IOFailure) {
        guard !bytes.isEmpty else { return }
        guard coding == .chunked else {
            try await socket.write(bytes, stall: stall)
            return
        }
        var frame: [UInt8] = []
        ChunkedEncoder.appendSize(bytes.count, to: &frame)
        if bytes.count <= StreamWriter.gatheredBytes {
            frame += bytes + ChunkedEncoder.chunkEnd
            try await socket.write(frame, stall: stall)
        } else {
            try await socket.write(frame, stall: stall)
            try await socket.write(bytes, stall: stall)
            try await socket.write(ChunkedEncoder.chunkEnd, stall: stall)
        }
    }

    /// Says that the body is complete.
    func end() async throws(IOFailure) {
        if coding == .chunked { try await socket.write(ChunkedEncoder.bodyEnd, stall: stall) }
    }
}
