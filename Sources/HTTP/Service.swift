/// What to do with a request once its head is known.
package enum Admittance: Sendable {
    /// Read the body, up to `maximumBodyBytes` and `ServerLimits.bodyBytes`; above either is 413.
    case read(maximumBodyBytes: Int)
    /// Answer at once. The body is not read; the server sees to it that the client gets the answer.
    case refuse(Response)
}

/// What a server serves. All of it runs on the loop of the connection.
package protocol Service: Sendable {
    /// Runs when the head is complete, before any byte of the body is read and before
    /// `100 Continue` is sent: the place for authentication, 404 and 405.
    func admit(_ head: RequestHead) -> Admittance

    /// Answers a request whose body has been read to its end.
    ///
    /// The task is cancelled when the client hangs up, closes its sending side, or the server's
    /// grace period ends. The answer is still sent if it can be. `request` is the service's to
    /// drop: the server keeps no copy, so a body need not be held while its work is waited for.
    func respond(to request: consuming Request) async -> Response

    /// Puts an error found by the server itself into the service's own form. The response should
    /// have the error's status.
    func refusal(_ error: ProtocolError) -> Response
}
