import Testing

@testable import Gateway

@Suite("Numbers of jobs") struct JobOrdinalsTests {
    @Test("the remainder tells which job it is, wherever the request went before", arguments: [1, 2, 3, 4, 5], [1, 2, 3, 4, 5])
    func remainders(first: Int, second: Int) {
        let ordinals = JobOrdinals()
        #expect(ordinals.take(first) == 0)
        let again = ordinals.next(after: first - 1, among: first)
        let elsewhere = ordinals.take(second)
        #expect(elsewhere > again && elsewhere % second == 0)
        #expect(ordinals.next(after: elsewhere, among: second) % second == 0)
    }
}
