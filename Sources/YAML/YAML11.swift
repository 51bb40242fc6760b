/// What YAML 1.1, as PyYAML implements it, takes for something other than text while YAML 1.2
/// takes it for text. PyYAML 6, `resolver.py`.
enum YAML11 {
    /// Binary, signed hexadecimal, underscores, and base 60:
    ///
    ///     [-+]? 0b [01_]+              [-+]? 0x [0-9a-fA-F_]+       [-+]? 0 [0-7_]+
    ///     [-+]? [1-9] [0-9_]*          [-+]? [0-9] [0-9_]* \. [0-9_]* ( [eE] [-+] [0-9]+ )?
    ///     \. [0-9] [0-9_]* ( [eE] [-+] [0-9]+ )?
    ///     [-+]? [0-9] [0-9_]* ( : [0-5]? [0-9] )+ ( \. [0-9_]* )?
    ///
    /// Plain hexadecimal is not among them: both readings agree on it. Decimal numbers
    /// without underscores never get here (see `NumberText`).
    static func isNumberInAnotherBase(_ text: [UInt8]) -> Bool {
        var rest = text[...]
        let isSigned = rest.first == .plus || rest.first == .dash
        if isSigned { rest.removeFirst() }
        if rest.starts(with: "0b".utf8) {
            return consists(rest.dropFirst(2)) { $0 == 0x30 || $0 == 0x31 || $0 == .underscore }
        }
        if rest.starts(with: "0x".utf8) {
            let digits = rest.dropFirst(2)
            return (isSigned || digits.contains(.underscore))
                && consists(digits) { $0.hexDigit != nil || $0 == .underscore }
        }
        if isUnderscored(rest, isSigned: isSigned) { return true }
        return isSexagesimal(rest)
    }

    private static func isUnderscored(_ unsigned: ArraySlice<UInt8>, isSigned: Bool) -> Bool {
        guard unsigned.contains(.underscore) else { return false }
        guard let first = unsigned.first, first.isDigit || (first == .dot && !isSigned) else { return false }
        if first == UInt8(ascii: "0"), consists(unsigned, { $0 == .underscore || ($0 >= 0x30 && $0 <= 0x37) }) { return true }
        if first != UInt8(ascii: "0"), consists(unsigned, { $0 == .underscore || $0.isDigit }) { return true }
        let compact = unsigned.filter { $0 != .underscore }
        // `._5`: a point needs a digit directly behind it when none stands before it.
        if first == .dot, unsigned.dropFirst().first?.isDigit != true { return false }
        let exponent = unsigned.drop { $0 != UInt8(ascii: "e") && $0 != UInt8(ascii: "E") }
        guard !exponent.contains(.underscore) else { return false }
        return NumberText(compact)?.isFloatInYAML11 == true
    }

    private static func isSexagesimal(_ unsigned: ArraySlice<UInt8>) -> Bool {
        var parts = unsigned.split(separator: .colon, omittingEmptySubsequences: false)
        guard parts.count > 1, let first = parts.first, first.first?.isDigit == true,
            consists(first, { $0.isDigit || $0 == .underscore })
        else { return false }
        parts.removeFirst()
        // An integer may not begin with 0, a float (with a point in the last part) may.
        guard let last = parts.popLast() else { return false }
        let point = last.firstIndex(of: .dot)
        let lastWhole = last[..<(point ?? last.endIndex)]
        if let point {
            let fraction = last[(point + 1)...]
            guard fraction.allSatisfy({ $0.isDigit || $0 == .underscore }) else { return false }
        } else if first.first == UInt8(ascii: "0") {
            return false
        }
        return (parts + [lastWhole]).allSatisfy(isSixtieth)
    }

    /// `[0-5]?[0-9]`
    private static func isSixtieth(_ part: ArraySlice<UInt8>) -> Bool {
        guard part.allSatisfy(\.isDigit) else { return false }
        return part.count == 1 || (part.count == 2 && part.first.map { $0 <= UInt8(ascii: "5") } == true)
    }

    /// `2024-01-31`, `2024-1-31 10:00:00`, `2024-01-31T10:00:00.5Z` and the like.
    static func isTimestamp(_ text: [UInt8]) -> Bool {
        var rest = text[...]
        guard takeDigits(&rest, 4...4), take(.dash, &rest) else { return false }
        let monthStart = rest
        guard takeDigits(&rest, 1...2), take(.dash, &rest), takeDigits(&rest, 1...2) else { return false }
        if rest.isEmpty { return monthStart.count == 5 }
        return isTimeOfDay(rest)
    }

    private static func isTimeOfDay(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text
        if rest.first == UInt8(ascii: "T") || rest.first == UInt8(ascii: "t") {
            rest.removeFirst()
        } else {
            guard rest.first?.isBlank == true else { return false }
            rest = rest.drop { $0.isBlank }
        }
        guard takeDigits(&rest, 1...2), take(.colon, &rest), takeDigits(&rest, 2...2),
            take(.colon, &rest), takeDigits(&rest, 2...2)
        else { return false }
        if take(.dot, &rest) { rest = rest.drop { $0.isDigit } }
        rest = rest.drop { $0.isBlank }
        if rest.isEmpty || rest.elementsEqual("Z".utf8) { return true }
        guard take(.plus, &rest) || take(.dash, &rest), takeDigits(&rest, 1...2) else { return false }
        return rest.isEmpty || (take(.colon, &rest) && takeDigits(&rest, 2...2) && rest.isEmpty)
    }

    private static func take(_ byte: UInt8, _ rest: inout ArraySlice<UInt8>) -> Bool {
        guard rest.first == byte else { return false }
        rest.removeFirst()
        return true
    }

    /// As many digits as there are, when that is within `count`.
    private static func takeDigits(_ rest: inout ArraySlice<UInt8>, _ count: ClosedRange<Int>) -> Bool {
        let digits = rest.prefix { $0.isDigit }
        rest = rest.dropFirst(digits.count)
        return count.contains(digits.count)
    }

    private static func consists(_ text: ArraySlice<UInt8>, _ isAllowed: (UInt8) -> Bool) -> Bool {
        !text.isEmpty && text.allSatisfy(isAllowed)
    }
}

extension UInt8 {
    static let underscore = UInt8(ascii: "_")
}
