/// Which behaviour a request meets: an ordered list of rules, the first that fits decides.
struct Plan: Sendable {
    var rules: [Rule] = []
    /// For requests that no rule fits.
    private let usual = Shared(Behaviour())

    /// Finds the behaviour of a submission and counts it against the rule.
    ///
    /// - Returns: the behaviour, and how many submissions its rule has met, this one included.
    mutating func behaviour(for submission: Submission) -> (behaviour: Shared<Behaviour>, visit: Int) {
        guard let index = rules.firstIndex(where: { $0.fits(submission) }) else { return (usual, 1) }
        rules[index].met += 1
        return (rules[index].behaviour, rules[index].met)
    }
}

/// What a rule can tell requests apart by.
struct Submission: Sendable {
    var endpoint: String
    var prompt: String
    var key: String
}

struct Rule: Sendable {
    /// The whole endpoint id; nil fits all.
    var endpoint: String?
    /// A part of the prompt; nil fits all.
    var prompt: String?
    /// The fal key as sent; nil fits all.
    var key: String?
    /// For how many submissions it holds; nil is for ever.
    var times: Int?
    let behaviour: Shared<Behaviour>
    /// Submissions it has decided.
    var met = 0

    func fits(_ submission: Submission) -> Bool {
        if let times, met >= times { return false }
        if let endpoint, endpoint != submission.endpoint { return false }
        if let key, key != submission.key { return false }
        if let prompt, !submission.prompt.contains(prompt) { return false }
        return true
    }
}
