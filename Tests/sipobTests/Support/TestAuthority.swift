import Testing

/// An authority and certificates of it, made by OpenSSL's own command, in a scratch folder.
struct TestAuthority {
    let scratch: ScratchDirectory

    var file: String { scratch.path("ca.pem") }
    var folder: String { scratch.root }

    init() async throws {
        scratch = try ScratchDirectory()
        try await openssl(key("ca") + ["-x509", "-days", "10", "-subj", "/CN=Test Authority", "-out", file])
    }

    /// Issues a certificate.
    /// - Parameters:
    ///   - names: as in a subject alternative name: `DNS:edge.test`, `IP:127.0.0.1`.
    ///   - days: negative for one that has expired.
    /// - Returns: the paths of certificate and key, `NAME.pem` and `NAME.key`.
    @discardableResult
    func issue(
        _ name: String, _ names: String = "IP:127.0.0.1", days: Int = 5
    ) async throws -> (certificate: String, key: String) {
        let files = (scratch.path("\(name).pem"), scratch.path("\(name).key"))
        try await openssl(key(name) + ["-subj", "/CN=\(name)", "-out", scratch.path("\(name).csr")])
        try scratch.write("subjectAltName=\(names)\n", to: "\(name).ext")
        try await openssl([
            "x509", "-req", "-in", scratch.path("\(name).csr"), "-CA", file, "-CAkey", scratch.path("ca.key"),
            "-CAcreateserial", "-days", "\(days)", "-extfile", scratch.path("\(name).ext"), "-out", files.0,
        ])
        return files
    }

    /// A certificate for 127.0.0.1 under the names that `Tests/Kamailio/rig.sh` wants in `folder`.
    func issueForKamailio() async throws {
        let files = try await issue("cert")
        try scratch.write(try Files.bytes(files.key), to: "key.pem")
    }

    private func key(_ name: String) -> [String] {
        let curve = ["-pkeyopt", "ec_paramgen_curve:prime256v1"]
        return ["req", "-newkey", "ec"] + curve + ["-nodes", "-keyout", scratch.path("\(name).key")]
    }

    private func openssl(_ arguments: [String]) async throws {
        let result = try await #require(Program.installed("openssl")).run(arguments)
        try #require(result.status == 0, "\(result.errors)")
    }
}
