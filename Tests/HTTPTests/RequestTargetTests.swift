import Testing

@testable import HTTP

@Suite("Request target") struct RequestTargetTests {
    @Test("names and values of the query are decoded in order")
    func query() throws {
        let head = try RequestHead(method: .get, target: "/a?x=1&y=a+b%20c&&flag&x=%C3%A9&=v")
        #expect(head.query.map(\.name) == ["x", "y", "flag", "x", ""])
        #expect(head.query.map(\.value) == ["1", "a b c", "", "é", "v"])
        #expect(head.queryValue("x") == "1")
        #expect(head.queryValue("z") == nil)
        #expect(head.target == "/a?x=1&y=a+b%20c&&flag&x=%C3%A9&=v")
    }
}
