/// The n-th image of a request's answer. Both parts are the gateway's own: no client chooses the name of a file.
struct StoredImageName: Sendable, Hashable, CustomStringConvertible {
    /// A `RequestID`.
    let request: String
    /// From 0.
    let number: Int

    init(request: String, number: Int) {
        self.request = request
        self.number = number
    }

    /// - Returns: `nil` for a name that was not made here: what else lies in the folder is not touched.
    init?(file: some StringProtocol) {
        let parts = file.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == RequestID.length, let number = Int(parts[1]), number >= 0,
            parts[1] == String(number), parts[0].utf8.allSatisfy("-0123456789abcdef".utf8.contains)
        else { return nil }
        self.init(request: String(parts[0]), number: number)
    }

    var description: String { "\(request).\(number)" }

    /// While it is written.
    var draft: String { description + StoredImageName.draftEnding }

    static func isDraft(_ file: String) -> Bool {
        file.hasSuffix(draftEnding) && StoredImageName(file: file.dropLast(draftEnding.count)) != nil
    }

    private static let draftEnding = ".part"
}
