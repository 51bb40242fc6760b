import Reactor

@testable import HTTP

/// Requests one behind the other: one verdict however the bytes are cut, and nothing in an accepted
/// head that a later reader could stumble over.
func fuzzRequests(_ bytes: [UInt8]) {
    let verdicts = Pieces.ways(of: bytes).map { RequestReading.verdict($0) }
    require(verdicts.allSatisfy { $0 == verdicts[0] }, "the verdict depends on the cuts")
    // Method, path and body are parts of the input; each request has a few words around them.
    require(verdicts[0].count <= 16 * (bytes.count + 1), "more came out than went in")

    var parser = RequestHeadParser(limits: HeadLimits())
    guard (try? bytes.withUnsafeBufferPointer { try parser.consume($0) }) != nil, parser.isComplete,
        let head = try? parser.request(peer: nil, arrived: .now).takeHead()
    else { return }
    require(Fields.isValidName(head.method.name), "the method is no token")
    require(head.path.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }, "a control byte in the path")
    require(!head.path.split(separator: "/").contains { $0 == "." || $0 == ".." }, "a dot segment")
    head.fields.forEach { name, value in
        require(Fields.isValidName(name), "a field name is no token")
        require(value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 9 }, "a control byte in a value")
    }
    // What is read can be written down, and means the same when read again.
    let again = try? RequestHead(method: head.method, target: head.target)
    require(again?.path == head.path, "the target read again is another")
}
