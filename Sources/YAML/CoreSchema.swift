/// Gives a plain scalar its type, if YAML 1.2 and PyYAML (YAML 1.1) give it the same.
///
/// The patterns are those of YAML 1.2, section 10.3.2, and of PyYAML 6's `resolver.py`.
/// `on`, `0755`, `1e3`, `1_000`, `12:30` and `2024-01-31` are text to one and something else
/// to the other. The messages do not repeat the text: it may be a secret.
enum CoreSchema {
    /// - Throws: the two readings, when there are two, and what to write instead.
    static func resolve(_ text: String, at position: YAMLPosition) throws(YAMLError) -> YAMLNode.Value {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        case "yes", "Yes", "YES", "on", "On", "ON":
            throw YAMLError("'\(text)' is true in YAML 1.1 and text in YAML 1.2: write true, or put quotes around it", at: position)
        case "no", "No", "NO", "off", "Off", "OFF":
            throw YAMLError("'\(text)' is false in YAML 1.1 and text in YAML 1.2: write false, or put quotes around it", at: position)
        case "<<", "=":
            throw YAMLError("'\(text)' has a special meaning in YAML 1.1: put quotes around it", at: position)
        default: break
        }
        let bytes = Array(text.utf8)
        guard let first = bytes.first, first.isDigit || first == .dash || first == .plus || first == .dot else {
            return .string(text)
        }
        if let value = try resolveInfinity(text, at: position) { return value }
        if let number = NumberText(bytes) { return try resolve(number, at: position) }
        if YAML11.isTimestamp(bytes) {
            throw YAMLError("this is a date in YAML 1.1 and text in YAML 1.2: put quotes around it", at: position)
        }
        if YAML11.isNumberInAnotherBase(bytes) {
            throw YAMLError("this is a number in YAML 1.1 and text in YAML 1.2: write a decimal number, or put quotes around it", at: position)
        }
        if let value = try resolveBase(text, at: position) { return value }
        return .string(text)
    }

    /// The value of a scalar under `!!int`, `!!float`, `!!bool` or `!!null`.
    static func resolve(_ text: String, as tag: CoreTag, at position: YAMLPosition) throws(YAMLError) -> YAMLNode.Value {
        if tag == .float, let number = NumberText(Array(text.utf8)), let lexeme = number.floatLexeme {
            return .float(lexeme)
        }
        let value = try resolve(text, at: position)
        switch (tag, value) {
        case (.null, .null), (.bool, .bool), (.int, .integer), (.float, .float): return value
        default: throw YAMLError("this is not a value of the type !!\(tag.rawValue)", at: position)
        }
    }

    private static func resolveInfinity(_ text: String, at position: YAMLPosition) throws(YAMLError) -> YAMLNode.Value? {
        switch text {
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": .float(".inf")
        case "-.inf", "-.Inf", "-.INF": .float("-.inf")
        case ".nan", ".NaN", ".NAN": .float(".nan")
        default: nil
        }
    }

    private static func resolve(_ number: NumberText, at position: YAMLPosition) throws(YAMLError) -> YAMLNode.Value {
        if number.isInteger {
            guard let lexeme = number.integerLexeme else {
                throw YAMLError("a number with a leading zero is octal or text in YAML 1.1: drop the zero, or put quotes around it", at: position)
            }
            return .integer(lexeme)
        }
        guard number.isFloatInYAML11 else {
            throw YAMLError(
                "this is text in YAML 1.1 and a number in YAML 1.2: write it like 0.5, 1.0e+3 or 2.0e-8, or put quotes around it",
                at: position)
        }
        guard let lexeme = number.floatLexeme, let double = Double(lexeme), double.isFinite else {
            throw YAMLError("this is too large for a number: put quotes around it", at: position)
        }
        return .float(lexeme)
    }

    /// `0x1F` is the same to both; `0o17` is a number in YAML 1.2 only.
    private static func resolveBase(_ text: String, at position: YAMLPosition) throws(YAMLError) -> YAMLNode.Value? {
        let digits = text.dropFirst(2)
        guard let lead = digits.utf8.first, lead != .plus, lead != .dash else { return nil }
        if text.hasPrefix("0o"), digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x37 }) {
            throw YAMLError("this is text in YAML 1.1 and a number in YAML 1.2: write a decimal number, or put quotes around it", at: position)
        }
        guard text.hasPrefix("0x"), digits.utf8.allSatisfy({ $0.hexDigit != nil }) else { return nil }
        guard let number = UInt64(digits, radix: 16) else {
            throw YAMLError("this needs more than 64 bits: write it as a decimal number", at: position)
        }
        return .integer(String(number))
    }
}

extension UInt8 {
    static let plus = UInt8(ascii: "+")
}
