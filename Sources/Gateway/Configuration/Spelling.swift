/// Finds the word that was probably meant.
package enum Spelling {
    /// The candidate nearest to `word` in edit distance (insert, delete, replace, swap of two
    /// neighbours count one each), or `nil` when none is near enough to be a likely slip: more than
    /// a third of the word's length away, at least two edits allowed for words of four or more. Nor is
    /// one that is more than `limit` edits away.
    package static func nearest(
        to word: String, among candidates: some Sequence<String>, atMost limit: Int = .max
    ) -> String? {
        let typed = Array(word.lowercased().utf8)
        let allowed = min(limit, typed.count < 4 ? 1 : max(2, typed.count / 3))
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            let distance = distance(typed, Array(candidate.lowercased().utf8), giveUpAbove: allowed)
            if distance <= allowed, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.name
    }

    /// The optimal string alignment distance.
    private static func distance(_ a: [UInt8], _ b: [UInt8], giveUpAbove limit: Int) -> Int {
        guard abs(a.count - b.count) <= limit else { return .max }
        var beforeLast = [Int](repeating: 0, count: b.count + 1)
        var last = Array(0...b.count)
        for i in 0..<a.count {
            var row = [i + 1] + [Int](repeating: 0, count: b.count)
            for j in 0..<b.count {
                row[j + 1] = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { row[j + 1] = min(row[j + 1], beforeLast[j - 1] + 1) }
            }
            (beforeLast, last) = (last, row)
        }
        return last[b.count]
    }
}
