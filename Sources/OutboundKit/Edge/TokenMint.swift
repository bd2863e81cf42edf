import Synchronization

/// Makes and reads the flow tokens of one edge (RFC 5626 §5.2), whose key no one else knows.
final class TokenMint: Sendable {
    private let issuer: Mutex<FlowTokenIssuer>

    /// - Parameter secret: nil for a random key.
    /// - Precondition: `format` is one that `FlowTokenIssuer` writes.
    /// - Throws: `CryptoError` when the host has no random octets or no SHA-1.
    init(_ format: FlowTokenFormat, secret: [UInt8]?) throws(CryptoError) {
        precondition(FlowTokenIssuer.writes(format), "an edge writes tokens of Kamailio, Flexisip or RFC 5626")
        let key: [UInt8]
        if let secret {
            let configured = FlowTokenKey(name: "flow token secret", octets: secret, kind: .secret)
            guard let effective = configured.effectiveOctets(for: format) else { throw CryptoError("SHA-1") }
            key = effective
        } else {
            key = try SecureRandom.octets(20)
        }
        guard let issuer = FlowTokenIssuer(format, effectiveKey: key) else { throw CryptoError("HMAC-SHA1") }
        self.issuer = Mutex(issuer)
    }

    /// Appends the token of `flow`; false when the format cannot hold it.
    func append(_ flow: Flow, to text: inout [UInt8]) -> Bool {
        issuer.withLock { issuer in
            var out = text
            let done = issuer.append(flow, to: &out)
            text = out
            return done
        }
    }

    /// The flow of a token that this key signed; nil for all else (403, §5.3.1).
    func flow(of token: String) -> Flow? {
        let octets = Array(token.utf8)
        return issuer.withLock { unsafe $0.flow(of: octets.span.bytes) }
    }
}
