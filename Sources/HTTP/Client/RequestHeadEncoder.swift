/// Puts the head of a request into bytes. RFC 9112, section 3.
enum RequestHeadEncoder {
    /// Appends the head of `request` to `output`, up to and including the empty line.
    static func encode(_ request: ClientRequest, into output: inout [UInt8]) {
        let (method, target, host) = (request.method.name, request.url.target, request.url.origin.authority)
        let size = method.utf8.count + target.utf8.count + host.utf8.count + fixedBytes
        output.append(addingCapacity: size) { head in
            head.append(text: method)
            head.append(" ")
            head.append(text: target)
            head.append(" HTTP/1.1\r\nHost: ")
            head.append(text: host)
            head.append("\r\nAccept-Encoding: identity\r\n")
            if announcesLength(request) {
                head.append("Content-Length: ")
                head.append(text: String(request.body.count))
                head.append("\r\n")
            }
        }
        appendFields(request.fields, to: &output)
        append("\r\n", to: &output)
    }

    /// Room for what stands in every head, a length of twenty digits included.
    private static let fixedBytes = 96

    /// A method that has a body says so when it is empty. RFC 9110, section 8.6.
    private static func announcesLength(_ request: ClientRequest) -> Bool {
        switch request.method {
        case .get, .head, .options, .delete: !request.body.isEmpty
        case .post, .put, .patch, .other: true
        }
    }

    /// The caller's fields, without those that are the client's to write.
    private static func appendFields(_ fields: Fields, to output: inout [UInt8]) {
        fields.appendLines(to: &output, without: isClients)
    }

    private static func isClients(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        switch name.count {
        case 2: name.equalsIgnoringCase("te")
        case 4: name.equalsIgnoringCase("host")
        case 6: name.equalsIgnoringCase("expect")
        case 7: name.equalsIgnoringCase("trailer") || name.equalsIgnoringCase("upgrade")
        case 10: name.equalsIgnoringCase("connection") || name.equalsIgnoringCase("keep-alive")
        case 14: name.equalsIgnoringCase("content-length")
        case 15: name.equalsIgnoringCase("accept-encoding")
        case 17: name.equalsIgnoringCase("transfer-encoding")
        default: false
        }
    }

    private static func append(_ text: StaticString, to output: inout [UInt8]) {
        output.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
