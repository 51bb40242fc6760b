/// How many letters must be inserted, removed, replaced or swapped with their neighbour to
/// make one word of another: what a typing mistake is made of.
enum EditDistance {
    static func between(_ a: String, _ b: String) -> Int {
        let a = Array(a.utf8), b = Array(b.utf8)
        var beforePrevious: [Int] = []
        var previous = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                let cost = a[i] == b[j] ? 0 : 1
                var least = min(previous[j] + cost, previous[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    least = min(least, beforePrevious[j - 1] + 1)
                }
                row.append(least)
            }
            beforePrevious = previous
            previous = row
        }
        return previous[b.count]
    }

    /// The word that was probably meant; `nil` when none is near. A word of six letters may
    /// differ in two, one of three in one.
    static func nearest(to word: String, among words: some Sequence<String>) -> String? {
        let bound = max(1, word.utf8.count / 3)
        var best: (word: String, distance: Int)?
        for candidate in words where abs(candidate.utf8.count - word.utf8.count) <= bound {
            let distance = between(word, candidate)
            guard distance <= bound else { continue }
            if let best, (best.distance, best.word) <= (distance, candidate) { continue }
            best = (candidate, distance)
        }
        return best?.word
    }
}
