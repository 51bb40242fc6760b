import ChildProcesses
import TemporaryFolders

/// Certificates made by the `openssl` command for one test run: an authority, a server that is
/// `localhost` and nothing else, and an authority that has signed nothing.
struct Certificates: Sendable {
    static let shared = Result { try Certificates() }

    let authority: String
    let stranger: String
    let certificate: String
    let key: String

    private init() throws {
        let folder = try TemporaryFolder.untilExit()
        let script = """
            set -e
            for name in authority stranger; do
              openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
                -subj "/CN=$name" -keyout $name.key -out $name.pem
            done
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=server" -keyout server.key -out request
            printf 'subjectAltName=DNS:localhost' > names
            openssl x509 -req -in request -CA authority.pem -CAkey authority.key -CAcreateserial -days 2 -extfile names -out server.pem
            """
        try ChildProcess.run("/bin/sh", "-c", script, in: folder.path)
        authority = folder.file("authority.pem")
        stranger = folder.file("stranger.pem")
        certificate = folder.file("server.pem")
        key = folder.file("server.key")
    }
}
