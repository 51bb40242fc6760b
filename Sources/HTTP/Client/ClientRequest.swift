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

    /// Appends the head as it is sent, with the body behind it or without.
    func encode(_ extent: Extent, into output: inout [UInt8]) {
        let bodyBytes = extent == .whole ? body.count : 0
        output.reserveCapacity(
            output.count + fields.bytes.count + fields.count * 4 + url.target.utf8.count + 160 + bodyBytes)
        RequestHeadEncoder.encode(self, into: &output)
        if extent == .whole { output.append(contentsOf: body) }
    }

    enum Extent { case head, whole }
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
