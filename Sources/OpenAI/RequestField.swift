import JSON

/// One member of a request body on its way to its type.
struct RequestField {
    static let allowedPrompt =
        "a string that says what the image should show, of at most \(ImageRequest.maximumPromptLength) characters"

    private let name: String
    private let value: JSONValue

    init(_ name: String, _ value: JSONValue) {
        self.name = name
        self.value = value
    }

    func text() throws(RequestProblem) -> String {
        guard case .string(let text) = value else { throw wrongType("a string") }
        return text
    }

    /// A text with something in it besides blanks.
    func filledText() throws(RequestProblem) -> String {
        let text = try text()
        guard !text.isBlank else { throw refused("a string that is not empty") }
        return text
    }

    func flag() throws(RequestProblem) -> Bool {
        guard case .bool(let flag) = value else { throw wrongType("true or false") }
        return flag
    }

    /// A number written as an integer, not as `1.0` or `"1"`.
    func integer(in range: ClosedRange<Int>) throws(RequestProblem) -> Int {
        var allowed: String { "an integer from \(range.lowerBound) to \(range.upperBound)" }
        guard case .number(let number) = value else { throw wrongType(allowed) }
        guard number.isWrittenAsInteger else { throw refused(allowed, code: .wrongType) }
        let isNegative = number.lexeme.utf8.first == UInt8(ascii: "-")
        guard let integer = number.integer else { throw refused(allowed, code: isNegative ? .tooSmall : .tooLarge) }
        guard integer >= range.lowerBound else { throw refused(allowed, code: .tooSmall) }
        guard integer <= range.upperBound else { throw refused(allowed, code: .tooLarge) }
        return integer
    }

    func prompt() throws(RequestProblem) -> String {
        guard case .string(let text) = value else { throw wrongType(Self.allowedPrompt) }
        guard !text.isBlank else { throw refused(Self.allowedPrompt) }
        // A string has no more scalars than bytes: nothing is counted for ordinary prompts.
        let limit = ImageRequest.maximumPromptLength
        guard text.utf8.count <= limit || text.unicodeScalars.count <= limit else {
            throw RequestProblem(
                "'prompt' has \(text.unicodeScalars.count) characters; at most \(limit) are allowed.",
                param: name, code: .tooLong)
        }
        return text
    }

    func size() throws(RequestProblem) -> RequestedSize {
        guard case .string(let text) = value else { throw wrongType(RequestedSize.allowed) }
        guard let size = RequestedSize(text) else { throw refused(RequestedSize.allowed) }
        return size
    }

    func responseFormat() throws(RequestProblem) -> ImageRequest.ResponseFormat {
        var allowed: String { "one of " + ImageRequest.ResponseFormat.allCases.map(\.rawValue).joined(separator: ", ") }
        guard case .string(let text) = value else { throw wrongType(allowed) }
        guard let format = ImageRequest.ResponseFormat(rawValue: text) else { throw refused(allowed) }
        return format
    }

    private func wrongType(_ allowed: String) -> RequestProblem {
        .wrongType(name, value, allowed: allowed)
    }

    private func refused(_ allowed: String, code: RequestProblem.Code = .invalidValue) -> RequestProblem {
        .refused(name, value, allowed: allowed, code: code)
    }
}

extension String {
    /// Nothing but white space, or nothing at all.
    fileprivate var isBlank: Bool {
        // Nearly every text begins with a visible character of ASCII.
        if let first = utf8.first, 0x21...0x7E ~= first { return false }
        return unicodeScalars.allSatisfy(\.properties.isWhitespace)
    }
}

extension JSONNumber {
    fileprivate var isWrittenAsInteger: Bool {
        lexeme.utf8.allSatisfy { $0 == UInt8(ascii: "-") || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    }
}
