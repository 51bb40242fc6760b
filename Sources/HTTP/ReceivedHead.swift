import Reactor

/// A request head with what the connection has to know about it. Not copyable, so that it is certain
/// that nobody but the service holds the head while the service works.
struct ReceivedHead: ~Copyable {
    var head: RequestHead
    var framing: BodyFraming
    /// Whether the client keeps the connection open behind this request.
    var keepsConnection: Bool
    /// Whether the client waits for `100 Continue` before it sends the body.
    var expectsContinue: Bool

    /// Gives the head away, with nothing left behind.
    consuming func takeHead() -> RequestHead { head }
}

extension HeadParser<RequestLine> {
    /// The request that has been read, once complete.
    ///
    /// - Throws: 400, 413, 417 or 501, when the head as a whole makes no acceptable request.
    func request(peer: SocketAddress?, arrived: Deadline) throws(ProtocolError) -> ReceivedHead {
        let fields = fields
        let control = ControlFields(fields)
        let minorVersion = Int(line.minorVersion)
        let (method, text, target) = try bytes.withUnsafeBufferPointer { all throws(ProtocolError) in
            let method = Method(UnsafeBufferPointer(rebasing: all[line.method]))
            let raw = UnsafeBufferPointer(rebasing: all[line.target])
            let text = String(decoding: raw, as: UTF8.self)
            let target = try RequestTarget(raw, text: text, method: method)
            try checkHost(fields, control, minorVersion)
            return (method, text, target)
        }
        let framing = try BodyFraming(request: control, minorVersion: minorVersion)
        // An HTTP/1.0 client cannot expect anything: RFC 9110, section 10.1.1.
        let expectation = minorVersion >= 1 ? control.expectation : .nothing
        guard expectation != .unknown else {
            throw ProtocolError(status: 417, reason: "the only expectation met here is 100-continue")
        }
        return ReceivedHead(
            head: RequestHead(method, text, target, fields, minorVersion, peer, arrived),
            framing: framing,
            keepsConnection: control.keepsConnection(minorVersion: minorVersion),
            expectsContinue: expectation == .hundredContinue)
    }

    /// Exactly one valid Host in HTTP/1.1, at most one in HTTP/1.0. Beside an absolute target it means nothing,
    /// whatever it says. RFC 9112, sections 3.2 and 3.2.2.
    private func checkHost(_ fields: Fields, _ control: ControlFields, _ minorVersion: Int) throws(ProtocolError) {
        guard control.hostCount <= 1 else { throw .malformed("more than one Host field") }
        guard control.hostCount == 1 else {
            if minorVersion >= 1 { throw .malformed("no Host field") }
            return
        }
        guard fields.withValue(at: control.hostIndex, { Authority.isValid($0) }) else { throw .malformed("a bad Host field") }
    }
}

extension Method {
    /// The method that `bytes`, a token, name.
    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        switch bytes.count {
        case 3 where bytes.equals("GET"): self = .get
        case 3 where bytes.equals("PUT"): self = .put
        case 4 where bytes.equals("POST"): self = .post
        case 4 where bytes.equals("HEAD"): self = .head
        default: self.init(String(decoding: bytes, as: UTF8.self))
        }
    }
}

extension UnsafeBufferPointer<UInt8> {
    fileprivate func equals(_ text: StaticString) -> Bool {
        elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
