import Fal

/// Settings that stand in `general_settings` and in `model_info` alike.
extension ConfigurationReader {
    /// Reads `member` when it is one of them.
    ///
    /// - Returns: `policies` with it; `nil` when it is none of them.
    mutating func readPolicy(_ member: Member, over policies: ImagePolicies) -> ImagePolicies? {
        var policies = policies
        switch member.name {
        case "size_policy": policies.sizes = choice(member.value, among: ["nearest": .nearest, "exact": .exact]) ?? policies.sizes
        case "default_response_format": policies.delivery = choice(member.value) ?? policies.delivery
        case "nsfw_policy": policies.unsafeImages = choice(member.value) ?? policies.unsafeImages
        default: return nil
        }
        return policies
    }

    /// One of the words that an enumeration has.
    mutating func choice<Word: RawRepresentable<String> & CaseIterable>(_ place: Place) -> Word? {
        choice(place, among: Dictionary(uniqueKeysWithValues: Word.allCases.map { ($0.rawValue, $0) }))
    }

    private mutating func choice<Meaning>(_ place: Place, among words: [String: Meaning]) -> Meaning? {
        guard let word = text(place) else { return nil }
        guard let meaning = words[word] else {
            error("this must be \(words.keys.sorted().joined(separator: " or "))", at: place)
            return nil
        }
        return meaning
    }
}
