/// Puts the head of a response into bytes. RFC 9112, sections 4 and 5.
enum ResponseHeadEncoder {
    /// What the head says about the body.
    enum Content {
        /// 204 and 304: nothing, not even a length.
        case absent
        case length(Int)
        case chunked
        /// For HTTP/1.0 clients: up to the end of the connection.
        case untilClose
    }

    /// What the head says about the connection.
    enum Persistence {
        case keepAlive
        /// HTTP/1.0 clients that asked for it must be told.
        case keepAliveSaid
        case close
    }

    /// Appends the head to `output`, up to and including the empty line.
    static func encode(
        _ response: Response, _ content: Content, _ persistence: Persistence, date: [UInt8], into output: inout [UInt8]
    ) {
        output.reserveCapacity(output.count + response.fields.bytes.count + 192)
        appendStatusLine((200...599).contains(response.status) ? response.status : 500, to: &output)
        appendFields(response.fields, date: date, to: &output)
        switch content {
        case .absent, .untilClose: break
        case .length(let count):
            append("Content-Length: ", to: &output)
            appendNumber(count, to: &output)
            append("\r\n", to: &output)
        case .chunked: append("Transfer-Encoding: chunked\r\n", to: &output)
        }
        switch persistence {
        case .keepAlive: break
        case .keepAliveSaid: append("Connection: keep-alive\r\n", to: &output)
        case .close: append("Connection: close\r\n", to: &output)
        }
        append("\r\n", to: &output)
    }

    private static func appendStatusLine(_ status: Int, to output: inout [UInt8]) {
        if status == 200 {
            append("HTTP/1.1 200 OK\r\n", to: &output)
            return
        }
        append("HTTP/1.1 ", to: &output)
        appendNumber(status, to: &output)
        append(" ", to: &output)
        append(StatusReason.phrase(status), to: &output)
        append("\r\n", to: &output)
    }

    /// The service's fields, without those that are the server's to write.
    private static func appendFields(_ fields: Fields, date: [UInt8], to output: inout [UInt8]) {
        fields.appendLines(to: &output, without: isServers)
        if !fields.contains("Date") { output.append(contentsOf: date) }
    }

    private static func isServers(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        switch name.count {
        case 10: name.equalsIgnoringCase("connection") || name.equalsIgnoringCase("keep-alive")
        case 14: name.equalsIgnoringCase("content-length")
        case 17: name.equalsIgnoringCase("transfer-encoding")
        default: false
        }
    }

    private static func append(_ text: StaticString, to output: inout [UInt8]) {
        output.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private static func appendNumber(_ number: Int, to output: inout [UInt8]) {
        if number >= 10 { appendNumber(number / 10, to: &output) }
        output.append(UInt8(truncatingIfNeeded: 0x30 + number % 10))
    }
}
