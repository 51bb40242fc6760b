import JSON

/// OpenAI's parameters that an endpoint takes by the same name but with values of its own.
enum LearnedWishes {
    private static let names = ["quality", "background", "style", "moderation"]
    /// Older words of OpenAI's for quality, where the model has the newer ones.
    private static let olderWords = ["standard": "medium", "hd": "high"]

    /// `translates` of a profile row: what the endpoint does not know is dropped instead of refused.
    static func translations(_ choices: JSONObject) -> JSONValue? {
        var translations = JSONObject()
        for name in names {
            guard let values = choices[name]?["values"]?.arrayValue else { continue }
            var rule: JSONObject = ["to": .string(name)]
            let spellings = olderWords.sorted { $0.key < $1.key }
                .filter { values.contains(.string($0.value)) && !values.contains(.string($0.key)) }
            if name == "quality", !spellings.isEmpty {
                rule["values"] = .object(JSONObject(members: spellings.map { ($0.key, .string($0.value)) }))
            }
            translations[name] = .object(rule)
        }
        return translations.isEmpty ? nil : .object(translations)
    }
}
