import Fal
import Gateway
import HTTP
import JSON
import Ledger

/// `falgate models learn` and `forget`.
struct ModelLearning {
    let book: ModelBook

    init(_ book: ModelBook) { self.book = book }

    /// Fetches fal's document of the endpoint, keeps what it says and shows it.
    func learn(_ name: String, _ arguments: Arguments) throws {
        let endpoint = try book.endpoint(name)
        let store = try book.store()
        let row: JSONObject
        do {
            row = try fetchedRow(of: endpoint)
        } catch {
            throw StartFailure("\(endpoint.id): \(error)")
        }
        try store.store(LearnedProfileRow(endpoint: endpoint, row: row))
        let learned = try EndpointProfile(row: row, origin: .learned)
        let profile = book.catalog.adding(learned: [learned], prices: []).profile(for: endpoint)
        let known = ProfileCatalog.builtIn[endpoint] != nil
        if known { complain("falgate has a profile of its own of \(endpoint.id); from now on the learned one counts") }
        ModelList.show(book.catalog.priced(profile).described(price: book.catalog.priced(profile).price), arguments)
        ModelBook.note(store)
    }

    func forget(_ name: String) throws {
        let endpoint = try book.endpoint(name)
        let store = try book.store()
        guard try store.forget(endpoint: endpoint.id) else {
            throw StartFailure("nothing was learned of \(endpoint.id)")
        }
        output("forgotten: \(endpoint.id)\n")
        ModelBook.note(store)
    }

    private func fetchedRow(of endpoint: Endpoint) throws -> JSONObject {
        let base = book.configuration?.documentBase ?? PublishedDocument.usualBase
        let request = try PublishedDocument.request(for: endpoint, base: base)
        let answer: ClientResponse
        do {
            answer = try OneRequest.send(request)
        } catch {
            throw LearningFailure.notFetched("\(error)")
        }
        return try PublishedDocument.row(in: answer, of: endpoint, on: Timestamp.now.day)
    }
}
