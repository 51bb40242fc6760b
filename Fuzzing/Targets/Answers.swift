@testable import HTTP

/// One answer and the connection's end: one verdict however the bytes are cut, to GET or to HEAD.
func fuzzAnswers(_ bytes: [UInt8]) {
    let method = bytes.mark & 6 == 0 ? Method.head : .get
    let verdicts = Pieces.ways(of: bytes).map { AnswerReading.verdict($0, to: method) }
    require(verdicts.allSatisfy { $0 == verdicts[0] }, "the verdict depends on the cuts")
    require(verdicts[0].count <= bytes.count + 16, "more came out than went in")
    if method == .head { require(!verdicts[0].contains(UInt8(ascii: "\"")), "a body in an answer to HEAD") }
}
