/// What to do with a request once its head is known.
package enum Admittance: Sendable {
    /// Answers a request whose body has been read to its end, or says that the answer takes its time.
    ///
    /// The task is cancelled when the client hangs up, closes its sending side, or the server's
    /// grace period ends. The answer is still sent if it can be. The request is the handler's to
    /// drop: the server keeps no copy, so a body need not be held while its work is waited for.
    package typealias Handler = @Sendable (consuming Request) async -> Reply

    /// Read the body, up to `maximumBodyBytes` and `ServerLimits.bodyBytes`, above either of which is 413; then
    /// give the whole request to `handler`, which may hold what has been found out from the head.
    case read(maximumBodyBytes: Int, handler: Handler)
    /// Answer at once. The body is not read; the server sees to it that the client gets the answer.
    case refuse(Response)
}

/// What a server serves. All of it runs on the loop of the connection.
package protocol Service: Sendable {
    /// Runs when the head is complete, before any byte of the body is read and before
    /// `100 Continue` is sent: the place for authentication, 404 and 405.
    func admit(_ head: RequestHead) -> Admittance

    /// Puts an error found by the server itself into the service's own form. The response should
    /// have the error's status.
    func refusal(_ error: ProtocolError) -> Response
}

/// A service that admits every request, and has the answer before the task ends in which it was asked.
package protocol PromptService: Service {
    /// Of a request's body.
    var maximumBodyBytes: Int { get }

    /// `Admittance.Handler` at once.
    func respond(to request: consuming Request) async -> Response
}

extension PromptService {
    package func admit(_ head: RequestHead) -> Admittance {
        .read(maximumBodyBytes: maximumBodyBytes) { request in .now(await respond(to: request)) }
    }
}

/// What a service says to a request.
package enum Reply: Sendable {
    case now(Response)
    /// The connection waits without a task, which is most of what a waiting client costs.
    case later(any PendingResponse)
}

/// An answer that takes its time. All of it runs on the loop of the connection.
package protocol PendingResponse: AnyObject, Sendable {
    /// Calls `ready` once, perhaps before this returns: there is something to answer. Called once.
    func whenReady(_ ready: @escaping @Sendable () -> Void)

    /// The answer. Called once, after `ready`.
    func response() async -> Response

    /// The client hung up, or the server's grace period is over: `ready` is called soon, if it has not been.
    func cancel()

    /// What is to be called, once at most, when the client cannot have got all of the answer: the connection breaks
    /// while it is sent, or, where it is kept open, is reset or ends with bytes on the way before the client's next
    /// request. Asked for once, after `response`; held as long as the connection is idle, so it holds nothing large.
    func noticeOfLoss() -> @Sendable () -> Void
}
