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
        func hash(_ octets: [UInt8]) throws(CryptoError) -> String { Hex.encode(try algorithm.digest.hash(octets)) }
        var secret = Array("\(inputs.username):\(inputs.realm):".utf8)
        secret += inputs.password.octets
        var a1 = try hash(secret)
        if algorithm.isSession { a1 = try hash(Array("\(a1):\(inputs.nonce):\(inputs.sessionClientNonce)".utf8)) }
        var a2 = "\(inputs.method):\(inputs.uri)"
        guard let (quality, clientNonce, count) = inputs.protection else {
            return try hash(Array("\(a1):\(inputs.nonce):\(try hash(Array(a2.utf8)))".utf8))
        }
        if quality == .authInt { a2 += ":" + (try hash(inputs.body)) }
        let middle = "\(inputs.nonce):\(nonceCount(count)):\(clientNonce):\(quality.rawValue)"
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
