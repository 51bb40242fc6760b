/// How large a message head may be. What is above is answered 431 or 414 and the connection closed.
package struct HeadLimits: Sendable {
    /// Start line and fields together, the empty line included. Above the 8 KiB that browsers and
    /// SDKs ever send, below what makes ten thousand slow clients expensive.
    package var headBytes = 32 * 1024
    /// The request target. RFC 9112, section 3, asks for 8000 at least.
    package var targetBytes = 8 * 1024
    /// Fields of a head, and of a trailer section. Proxies that add theirs stay below half of it.
    package var fieldCount = 100

    package init() {}
}
