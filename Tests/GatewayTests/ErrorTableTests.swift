import Foundation
import Testing

@testable import Fal
@testable import Gateway

/// `docs/errors.md` says what `ErrorKind` says. To write it anew: `UPDATE_DOCS=1 swift test --filter ErrorTable`.
@Suite("The table of errors") struct ErrorTableTests {
    private var text: String {
        var text = """
            # Errors

            Every error has OpenAI's shape: `{"error": {"message", "type", "param", "code"}}`. `message` says what was
            wrong and what to do, `param` names the field where there is one. Where fal refused the input or the model
            failed, `code` is fal's own type if it named one (`image_too_small`, `runner_server_error`), and the spend log
            has the code of this table: `fal_rejected` or `fal_error`.

            `x-should-retry` tells OpenAI's SDKs whether to send the request again; it is `true` only where nothing can
            have been paid. `Retry-After` comes with errors that pass by themselves.

            | code | status | type | retry | meaning |
            |---|---|---|---|---|

            """
        for kind in ErrorKind.allCases {
            text += "| `\(kind.rawValue)` | \(kind.status) | `\(kind.type)` | \(kind.shouldRetry ? "yes" : "no") | \(kind.meaning) |\n"
        }
        return text
    }

    @Test("docs/errors.md lists every error as it is answered")
    func upToDate() throws {
        let file = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("docs/errors.md")
        if ProcessInfo.processInfo.environment["UPDATE_DOCS"] != nil {
            try Data(text.utf8).write(to: file)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == text)
    }

    @Test("nothing that may have been paid is to be sent again")
    func retries() {
        for kind in [ErrorKind.submitUnknown, .timeout, .falTimeout, .falFailed, .noImages, .imageUnavailable, .falNonsense, .costNotRecorded] {
            #expect(!kind.shouldRetry)
        }
    }

    @Test("whatever fal says of a job that may have cost, the caller is not told to try again")
    func retriesAfterFal() {
        for kind in [FailureKind](FailureKind.allCases) {
            for type in [nil, "its_own_word"] {
                for acceptance in [Acceptance.notAccepted, .unknown, .accepted] {
                    let failure = FalFailure(kind, type: type, message: "", acceptance: acceptance)
                    if failure.mayHaveCost { #expect(!GatewayError(failure).kind.shouldRetry) }
                }
            }
        }
    }
}
