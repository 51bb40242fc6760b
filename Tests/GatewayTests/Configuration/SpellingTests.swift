import Testing

@testable import Gateway

@Suite("Spelling") struct SpellingTests {
    @Test(
        "a slip finds its word, nonsense finds none",
        arguments: [
            ("max_paralel_requests", "max_parallel_requests"), ("mastr_key", "master_key"), ("Port", "port"),
            ("prot", "port"), ("zzz", nil), ("", nil), ("completely_different", nil),
        ] as [(String, String?)])
    func nearest(word: String, expected: String?) {
        #expect(Spelling.nearest(to: word, among: ["master_key", "max_parallel_requests", "port", "host"]) == expected)
    }
}
