extension Command {
    static let models = Command(
        name: "models", summary: "tells what is known of fal's models, and learns of others from fal",
        operands: "list | show MODEL | learn ENDPOINT | forget ENDPOINT | refresh-prices [ENDPOINT...]",
        options: [
            .value("config", "c", as: "FILE", help: "the configuration (CONFIG_FILE_PATH); config.yaml if there is one"),
            .value("database", "d", as: "FILE", help: "where learned models are kept; the configuration's, or falgate.db"),
            .flag("json", help: "as JSON"),
        ]
    ) { arguments in
        guard let action = arguments.positionals.first else {
            throw UsageError("what about the models? list, show, learn, forget or refresh-prices")
        }
        let names = Array(arguments.positionals.dropFirst())
        let book = try ModelBook(arguments)
        switch (action, names.count) {
        case ("list", 0): try ModelList(book).show(arguments)
        case ("show", 1): try ModelList(book).show(names[0], arguments)
        case ("learn", 1): try ModelLearning(book).learn(names[0], arguments)
        case ("forget", 1): try ModelLearning(book).forget(names[0])
        case ("refresh-prices", _): try PriceRefresh(book).run(names, arguments)
        case ("list", _): throw UsageError("unexpected argument \(names[0])")
        case ("show", _), ("learn", _), ("forget", _): throw UsageError("models \(action) takes one name")
        default: throw UsageError("models \(action)? It is list, show, learn, forget or refresh-prices")
        }
        return 0
    }
}
