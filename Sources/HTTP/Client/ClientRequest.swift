/// A request to another server.
package struct ClientRequest: Sendable {
    package var method: Method
    package var url: URL
    /// What belongs to the message and the connection is the client's to set and left out if given:
    /// `Host`, `Content-Length`, `Transfer-Encoding`, `Connection` and the other hop-by-hop fields,
    /// `Expect`, and `Accept-Encoding`, because nothing is decompressed here.
    package var fields: Fields
    package var body: [UInt8]

    package init(_ method: Method, _ url: URL, fields: Fields = Fields(), body: [UInt8] = []) {
        self.method = method
        self.url = url
        self.fields = fields
        self.body = body
    }

    /// Fields of the caller that would contradict what the client sends itself.
    private static let ownFields = [
        "host", "content-length", "transfer-encoding", "connection", "accept-encoding", "expect", "upgrade",
        "keep-alive", "te", "trailer",
    ]

    /// The head as it is sent, with room behind it for `bodyBytes` more. RFC 9112, section 3.
    func encodedHead(withRoomFor bodyBytes: Int) -> [UInt8] {
        var head: [UInt8] = []
        head.reserveCapacity(fields.bytes.count + fields.count * 4 + url.target.utf8.count + 160 + bodyBytes)
        head.append(contentsOf: method.name.utf8)
        head.append(Octet.space)
        head.append(contentsOf: url.target.utf8)
        head.append(contentsOf: " HTTP/1.1\r\nHost: ".utf8)
        head.append(contentsOf: url.origin.authority.utf8)
        head.append(contentsOf: "\r\nAccept-Encoding: identity\r\n".utf8)
        if announcesLength {
            head.append(contentsOf: "Content-Length: ".utf8)
            head.append(contentsOf: String(body.count).utf8)
            head.append(contentsOf: "\r\n".utf8)
        }
        for entry in fields.entries where !isOwn(entry) {
            head.append(contentsOf: fields.bytes[entry.name])
            head.append(contentsOf: ": ".utf8)
            head.append(contentsOf: fields.bytes[entry.value])
            head.append(contentsOf: "\r\n".utf8)
        }
        head.append(contentsOf: "\r\n".utf8)
        return head
    }

    /// A method that has a body says so when it is empty. RFC 9110, section 8.6.
    private var announcesLength: Bool {
        switch method {
        case .get, .head, .options, .delete: !body.isEmpty
        case .post, .put, .patch, .other: true
        }
    }

    private func isOwn(_ entry: Fields.Entry) -> Bool {
        let name = fields.bytes[entry.name]
        return ClientRequest.ownFields.contains { own in
            own.utf8.count == name.count && zip(own.utf8, name).allSatisfy { $0 == Octet.lowercased($1) }
        }
    }
}

/// A whole answer.
package struct ClientResponse: Sendable, Equatable {
    /// 200 to 999. What is above 599 has no defined meaning and is to be treated as a server error.
    package var status: Int
    package var fields: Fields
    package var body: [UInt8]

    package init(status: Int, fields: Fields = Fields(), body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }
}
