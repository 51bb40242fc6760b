import Testing

@testable import HTTP

@Suite("Router") struct RouterTests {
    private static let router: Router<String> = {
        var router = Router<String>()
        // On purpose from the general to the particular: the order must not matter.
        router.add(.get, "/{anything...}", "any")
        router.add(.get, "/v1/models/{id...}", "model")
        router.add(.get, "/v1/models", "models")
        router.add(.post, "/v1/models/new", "new")
        router.add(.get, "/key/{name}", "key")
        router.add(.get, "/key/info", "info")
        router.add(.post, "/key/{name}/block", "block")
        router.add(.delete, "/key/{name}", "delete")
        router.add(.post, "/openai/deployments/{model...}/images/generations", "deployment")
        router.add(.post, "/a/{x}/{y...}/z", "mixed")
        return router
    }()

    private func found(_ method: Method, _ path: String) -> String {
        switch RouterTests.router.match(method, path) {
        case .handler(let name, let parameters):
            (["id", "name", "model", "x", "y", "anything"].compactMap { key in parameters[key].map { "\(key)=\($0)" } })
                .reduce(name) { "\($0) \($1)" }
        case .notFound: "404"
        case .methodNotAllowed(let allow): "405 " + allow.map(\.name).joined(separator: ", ")
        }
    }

    @Test("the most particular pattern that has the method answers", arguments: [
        (Method.get, "/v1/models", "models"),
        (.get, "/v1/models/fal_ai/fal-ai/flux/dev", "model id=fal_ai/fal-ai/flux/dev"),
        (.get, "/v1/models/new", "model id=new"),
        (.post, "/v1/models/new", "new"),
        (.get, "/key/info", "info"),
        (.get, "/key/other", "key name=other"),
        (.post, "/key/info/block", "block name=info"),
        (.post, "/openai/deployments/m/images/generations", "deployment model=m"),
        (.post, "/openai/deployments/fal_ai/a/b/images/generations", "deployment model=fal_ai/a/b"),
        (.post, "/a/1/2/3/z/z", "mixed x=1 y=2/3/z"),
        (.get, "/elsewhere", "any anything=elsewhere"),
        (.get, "/v1/models/", "any anything=v1/models/"),
    ])
    func match(method: Method, path: String, expected: String) {
        #expect(found(method, path) == expected)
    }

    @Test("HEAD goes where GET goes", arguments: [("/v1/models", "models"), ("/key/info", "info"), ("/x", "any anything=x")])
    func head(path: String, expected: String) {
        #expect(found(.head, path) == expected)
    }

    @Test("a path without the method lists the methods it has, of all patterns that fit", arguments: [
        (Method.put, "/v1/models/new", "405 POST, GET, HEAD"),
        (.post, "/key/info", "405 GET, HEAD, DELETE"),
        (.other("TRACE"), "/x", "405 GET, HEAD"),
    ])
    func methodNotAllowed(method: Method, path: String, expected: String) {
        #expect(found(method, path) == expected)
    }

    @Test("what fits nothing is not found", arguments: ["/", "*", "", "/v2/models", "/v1/models/", "/v1//models", "/V1/models"])
    func notFound(path: String) {
        var router = Router<Int>()
        router.add(.get, "/v1/models", 1)
        router.add(.get, "/v1/{a}/{b...}/end", 2)
        guard case .notFound = router.match(.get, path) else {
            Issue.record("\(path) was found")
            return
        }
    }

    @Test("a parameter is never empty", arguments: ["/key/", "/key//block"])
    func emptyParameter(path: String) {
        var router = Router<Int>()
        router.add(.get, "/key/{name}", 1)
        router.add(.get, "/key/{name}/block", 2)
        router.add(.get, "/key/{name...}", 3)
        if case .handler(let number, let parameters) = router.match(.get, path) {
            #expect(number == 3 && parameters["name"] == "/block")
        }
    }
}
