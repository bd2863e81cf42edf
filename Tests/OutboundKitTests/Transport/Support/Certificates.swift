import OutboundKit
import Testing

/// Certificates made by the `openssl` command: an authority, and what it issued.
final class Certificates {
    let folder: TemporaryFolder
    var authority: String { folder.path("ca.pem") }

    init() async throws {
        folder = try TemporaryFolder()
        try await PeerProgram.run(
            "openssl",
            key("ca") + ["-x509", "-days", "10", "-subj", "/CN=Test Authority", "-out", folder.path("ca.pem")])
    }

    private func key(_ name: String) -> [String] {
        [
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
            folder.path("\(name).key"),
        ]
    }

    /// Issues a certificate.
    /// - Parameters:
    ///   - names: as in a subject alternative name: `DNS:edge.test`, `IP:127.0.0.1`.
    ///   - days: negative for one that has expired.
    func issue(_ name: String, _ names: String, days: Int = 5) async throws -> TLSSettings.Identity {
        try await PeerProgram.run("openssl", key(name) + ["-subj", "/CN=\(name)", "-out", folder.path("\(name).csr")])
        let extensions = folder.write("subjectAltName=\(names)\n", "\(name).ext")
        try await PeerProgram.run(
            "openssl",
            [
                "x509", "-req", "-in", folder.path("\(name).csr"), "-CA", authority, "-CAkey", folder.path("ca.key"),
                "-CAcreateserial", "-days", "\(days)", "-extfile", extensions, "-out", folder.path("\(name).pem"),
            ])
        return .files(certificate: folder.path("\(name).pem"), key: folder.path("\(name).key"))
    }
}
