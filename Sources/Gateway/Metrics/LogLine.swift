import HTTP
import Ledger

/// One line of the log on its way: time, level, event, and `key=value` pairs behind them.
struct LogLine {
    private var bytes: [UInt8] = []

    init(_ level: Log.Level, _ event: String) {
        bytes.reserveCapacity(256)
        bytes.append(text: Timestamp.now.iso8601)
        bytes.append(UInt8(ascii: " "))
        bytes.append(text: level.name)
        bytes.append(UInt8(ascii: " "))
        bytes.append(text: event)
    }

    /// Adds a pair. A value with blanks or quotes is quoted; control characters become spaces.
    mutating func add(_ key: String, _ value: String) {
        begin(key)
        var value = value
        value.withUTF8 { value in
            let isPlain = !value.isEmpty && value.allSatisfy { $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "\"") }
            if isPlain { bytes.append(contentsOf: value) } else { appendQuoted(value) }
        }
    }

    mutating func add(_ key: String, _ number: Int) {
        begin(key)
        bytes.append(text: String(number))
    }

    consuming func finished() -> [UInt8] {
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    private mutating func begin(_ key: String) {
        bytes.append(UInt8(ascii: " "))
        bytes.append(text: key)
        bytes.append(UInt8(ascii: "="))
    }

    private mutating func appendQuoted(_ value: UnsafeBufferPointer<UInt8>) {
        bytes.append(UInt8(ascii: "\""))
        for byte in value {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0..<0x20, 0x7f: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
