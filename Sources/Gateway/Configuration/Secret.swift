/// Text that must not be seen: a key, a password, the value of a header.
///
/// It prints, interpolates, dumps and reflects as `[secret]`; only `reveal()` gives it out,
/// so a search for that name finds every place where it leaves the process.
package struct Secret: Sendable, Hashable {
    private let text: String

    package init(_ text: String) {
        self.text = text
    }

    /// The text itself, for the header it belongs into or the comparison it takes part in.
    package func reveal() -> String { text }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "[secret]" }
    package var debugDescription: String { "[secret]" }
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }
}
