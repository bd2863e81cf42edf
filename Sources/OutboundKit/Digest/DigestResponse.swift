/// The arithmetic of Digest: what the `response` of the credentials is (RFC 7616 §3.4.1; without `qop` RFC 3261 §22.4).
enum DigestResponse {
    /// What goes into one response. All texts are as they stand in the header field.
    struct Inputs {
        let username: String
        let realm: String
        let password: Password
        let method: String
        let uri: String
        let nonce: String
        /// With `qop`: its value, the client's nonce, and how often this nonce was used, this time included.
        let protection: (quality: QualityOfProtection, clientNonce: String, count: UInt32)?
        /// The client nonce that opened the session, for the `-sess` algorithms.
        let sessionClientNonce: String
        let body: [UInt8]
    }

    static func compute(_ algorithm: DigestAlgorithm, _ inputs: Inputs) throws(CryptoError) -> String {
        let secret = try secret(
            algorithm, username: inputs.username, realm: inputs.realm, password: inputs.password)
        return try compute(
            algorithm, secret: secret, method: inputs.method, uri: inputs.uri, nonce: inputs.nonce,
            protection: inputs.protection, sessionClientNonce: inputs.sessionClientNonce, body: inputs.body)
    }

    /// H(A1) without the session's part: all that a server has to keep of a password.
    static func secret(
        _ algorithm: DigestAlgorithm, username: String, realm: String, password: Password
    ) throws(CryptoError) -> String {
        Hex.encode(try algorithm.digest.hash(Array("\(username):\(realm):".utf8) + password.octets))
    }

    static func compute(
        _ algorithm: DigestAlgorithm, secret: String, method: String, uri: String, nonce: String,
        protection: (quality: QualityOfProtection, clientNonce: String, count: UInt32)?, sessionClientNonce: String,
        body: [UInt8]
    ) throws(CryptoError) -> String {
        func hash(_ octets: [UInt8]) throws(CryptoError) -> String { Hex.encode(try algorithm.digest.hash(octets)) }
        var a1 = secret
        if algorithm.isSession { a1 = try hash(Array("\(a1):\(nonce):\(sessionClientNonce)".utf8)) }
        var a2 = "\(method):\(uri)"
        guard let (quality, clientNonce, count) = protection else {
            return try hash(Array("\(a1):\(nonce):\(try hash(Array(a2.utf8)))".utf8))
        }
        if quality == .authInt { a2 += ":" + (try hash(body)) }
        let middle = "\(nonce):\(nonceCount(count)):\(clientNonce):\(quality.rawValue)"
        return try hash(Array("\(a1):\(middle):\(try hash(Array(a2.utf8)))".utf8))
    }

    /// `nc`: eight hexadecimal digits.
    static func nonceCount(_ count: UInt32) -> String {
        let digits = String(count, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}

/// A password. It shows in no description and no dump.
public struct Password: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let octets: [UInt8]

    public init(_ octets: [UInt8]) { self.octets = octets }

    public var description: String { "(password)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
