import ArgumentParser
import OutboundKit

/// The file of `--users`.
enum EdgeUsers {
    /// Larger is no user file.
    private static let limit = 64 << 20

    /// - Throws: an exit status, after a line on standard error.
    static func verifier(_ path: String, realm: String) throws -> DigestVerifier {
        let octets: [UInt8]
        switch SmallFile.read(path, limit: limit) {
        case .success(let content): octets = content
        case .failure(let refusal):
            Terminal.complain("--users \(path): cannot read it: \(refusal)")
            throw ExitStatus.failure
        }
        do {
            // A new key each time: nonces of an earlier run are stale, and phones then ask once more.
            return try DigestVerifier(
                try DigestUsers(file: octets, realm: realm), key: try SecureRandom.octets(32))
        } catch {
            Terminal.complain("--users \(path): \(error)")
            throw ExitStatus.failure
        }
    }
}
