import Fal
import Ledger
import Reactor
import Synchronization

/// Puts a changed configuration in the place of the running one: all of it, with the TLS files, or
/// nothing.
final class Reloading: Sendable {
    /// What came of an attempt.
    struct Outcome: Sendable {
        let isTaken: Bool
        /// In the order of the file, then of what was learned; at least one is an error when nothing was taken.
        let findings: [Finding]
    }

    private let core: Core
    private let source: ConfigurationSource?
    private let tls: TLSServerContext?
    private let isLoopback: Bool
    /// One at a time: the files that were read last are those that hold.
    private let turn = Mutex(())

    /// - Parameters:
    ///   - source: `nil` when the configuration comes from no file.
    ///   - isLoopback: of the address that is listened on.
    init(_ core: Core, source: ConfigurationSource?, tls: TLSServerContext?, isLoopback: Bool) {
        self.core = core
        self.source = source
        self.tls = tls
        self.isLoopback = isLoopback
    }

    /// Reads everything again and takes it over; the log has what came of it. Blocks: reads files
    /// and the database.
    func reload() -> Outcome {
        let outcome = turn.withLock { _ in attempt() }
        for finding in outcome.findings {
            core.log.write(
                finding.severity == .error ? .error : .warning, "configuration", [("finding", finding.description)])
        }
        if outcome.isTaken {
            core.log.write(.info, "configuration reloaded", [("models", String(core.setup.routing.listedNames.count))])
        } else {
            core.log.write(.error, "configuration refused", [("instead", "the running one stays")])
        }
        return outcome
    }

    /// The same without blocking the loop that asks.
    func reloadElsewhere() async -> Outcome {
        // Detached: a child would prefer the loop.
        await Task.detached { self.reload() }.value
    }

    private func attempt() -> Outcome {
        guard let source else { return .refused([], "this gateway was started without a configuration file", in: "falgate") }
        let old = core.setup
        let fixed = FixedSettings(
            database: old.configuration.databaseLocation, isLoopback: isLoopback,
            imageFolder: old.configuration.imageFolder, imageFolderBytes: old.configuration.imageFolderBytes)
        var (configuration, findings) = source.read(fixed: fixed)
        guard let configuration else { return Outcome(isTaken: false, findings: findings) }
        let new: Setup
        do {
            let (catalog, problems) = try ProfileCatalog.remembered(at: configuration.databaseLocation)
            findings += problems.map {
                Finding(severity: .warning, file: configuration.databaseLocation, position: .start, path: "", message: $0)
            }
            new = try Setup(configuration, catalog: catalog, replacing: old)
        } catch let error as RoutingError {
            return Outcome(isTaken: false, findings: findings + [error.finding(in: source.path)])
        } catch {
            return .refused(findings, "what was learned of fal cannot be read: \(error)", in: source.path)
        }
        if let tls, let files = source.tls {
            do throws(IOFailure) {
                tls.adopt(try TLSServerContext(certificateFile: files.certificate, keyFile: files.key))
            } catch {
                return .refused(findings, error.description, in: files.certificate)
            }
        }
        core.adopt(new)
        return Outcome(isTaken: true, findings: findings)
    }
}

extension Reloading.Outcome {
    fileprivate static func refused(_ findings: [Finding], _ reason: String, in file: String) -> Self {
        let finding = Finding(severity: .error, file: file, position: .start, path: "", message: reason)
        return Self(isTaken: false, findings: findings + [finding])
    }
}
