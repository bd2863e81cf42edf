import OutboundKit

/// Runs `sipob register-test` against one answerer, with a configuration folder of its own.
struct RegisterTestBench {
    let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory() }

    var environment: [String: String] {
        ["XDG_CONFIG_HOME": scratch.path("config"), "SIPOB_PASSWORD": "", "NO_COLOR": "1"]
    }

    func run(
        _ answerer: SIPAnswerer, _ more: [String] = [], password: String? = nil
    ) async throws -> ProgramResult {
        defer { answerer.stop() }
        return try await run(["--edge", answerer.target] + more, password: password)
    }

    func run(_ arguments: [String], password: String? = nil) async throws -> ProgramResult {
        var environment = environment
        if let password { environment["SIPOB_PASSWORD"] = password }
        return try await Program.sipob.run(
            ["register-test", "sip:alice@example.com"] + arguments, environment: environment, timeout: .seconds(50))
    }
}

/// What a registrar does with credentials, by the formula of RFC 7616 §3.4.1 written out once more.
enum DigestCheck {
    static let password = "s3cret"
    static let nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093"

    static func challenge(_ algorithm: String) -> String {
        "WWW-Authenticate: Digest realm=\"example.com\", nonce=\"\(nonce)\", algorithm=\(algorithm), qop=\"auth\""
    }

    static func holds(_ credentials: String, _ algorithm: String) throws -> Bool {
        func value(_ name: String) -> String {
            for part in credentials.split(separator: ",") {
                let pair = part.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " && $0 != "\"" } }
                if pair.count == 2, pair[0] == name { return pair[1] }
            }
            return ""
        }
        let isSession = algorithm.hasSuffix("-sess")
        let digest: MessageDigest =
            algorithm.hasPrefix("MD5") ? .md5 : algorithm.hasPrefix("SHA-256") ? .sha256 : .sha512_256
        var a1 = try digest.hexHash("alice:example.com:\(password)")
        if isSession { a1 = try digest.hexHash("\(a1):\(nonce):\(value("cnonce"))") }
        let a2 = try digest.hexHash("REGISTER:sip:example.com")
        let text = "\(a1):\(nonce):\(value("nc")):\(value("cnonce")):auth:\(a2)"
        return try value("response") == digest.hexHash(text) && value("nc").count == 8
    }
}
