/// Why TLS came to nothing: which check failed, in one sentence. Equality looks at the reason alone.
public struct TLSFailure: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Reason: Sendable, Hashable {
        // The peer's certificate does not pass.
        case expired
        case notYetValid
        case otherName
        case unknownIssuer
        case selfSigned
        /// Any other objection of the verification, by OpenSSL's number (`X509_V_ERR_…`).
        case unverified(Int32)

        // The two ends do not agree.
        case notTLS
        case noSharedVersion
        case noSharedCipher
        /// A server that demands a certificate was shown none.
        case noClientCertificate
        /// The peer broke off with this alert (RFC 8446 §6.2).
        case alert(UInt8)
        /// The connection ended in the middle of the handshake.
        case closedInHandshake
        /// The handshake was not finished in the time given.
        case timedOut
        /// Octets that break the protocol, by OpenSSL's reason number.
        case violation(Int32)

        /// A file or name of this end cannot be used.
        case settings
    }

    public let reason: Reason
    public let description: String

    @inline(never) init(_ reason: Reason, _ description: String) {
        self.reason = reason
        self.description = description
    }

    public static func == (left: Self, right: Self) -> Bool { left.reason == right.reason }
    public func hash(into hasher: inout Hasher) { hasher.combine(reason) }
}

extension TLSFailure {
    /// TLS is spoken there, but the peer's certificate does not pass.
    var isAboutCertificate: Bool {
        switch reason {
        case .expired, .notYetValid, .otherName, .unknownIssuer, .selfSigned, .unverified: true
        case .notTLS, .noSharedVersion, .noSharedCipher, .noClientCertificate, .alert, .closedInHandshake, .timedOut,
            .violation, .settings:
            false
        }
    }

    /// The two ends have no version of TLS in common.
    var isAboutVersion: Bool {
        switch reason {
        case .noSharedVersion, .alert(70): true
        default: false
        }
    }

    static let closedInHandshake = TLSFailure(
        .closedInHandshake, "the peer closed the connection in the middle of the TLS handshake")

    static func timedOut(_ patience: Duration) -> TLSFailure {
        let tenths = DecimalSeconds.text(patience.inNanoseconds, places: 1)
        let seconds = tenths.hasSuffix(".0") ? String(tenths.dropLast(2)) : tenths
        return TLSFailure(.timedOut, "the TLS handshake was not finished in \(seconds) s")
    }

    /// An alert by its number (RFC 8446 §6.2), and what it usually means to the one who gets it.
    static func alert(_ number: UInt8, isClient: Bool) -> TLSFailure {
        let peer = isClient ? "the server" : "the client"
        let words =
            switch number {
            case 10: "\(peer) did not expect this message (alert unexpected_message)"
            case 20: "\(peer) could not decrypt a record (alert bad_record_mac)"
            case 40: "\(peer) found nothing acceptable in what was offered (alert handshake_failure)"
            case 42: "\(peer) could not use our certificate (alert bad_certificate)"
            case 43: "\(peer) does not support the kind of our certificate (alert unsupported_certificate)"
            case 44: "our certificate has been revoked, says \(peer) (alert certificate_revoked)"
            case 45: "our certificate has expired, says \(peer) (alert certificate_expired)"
            case 46: "\(peer) does not accept our certificate (alert certificate_unknown)"
            case 47: "\(peer) found an illegal value (alert illegal_parameter)"
            case 48: "\(peer) does not know the issuer of our certificate (alert unknown_ca)"
            case 49: "\(peer) denies access (alert access_denied)"
            case 50: "\(peer) could not decode a message (alert decode_error)"
            case 51: "\(peer) could not verify a signature or key (alert decrypt_error)"
            case 70: "\(peer) does not speak our version of TLS (alert protocol_version)"
            case 71: "\(peer) finds our cipher suites too weak (alert insufficient_security)"
            case 80: "\(peer) has a trouble of its own (alert internal_error)"
            case 86: "\(peer) refuses a fallback to an older version (alert inappropriate_fallback)"
            case 109: "\(peer) misses an extension (alert missing_extension)"
            case 112: "\(peer) does not go by the name we asked for (alert unrecognized_name)"
            case 116: "\(peer) demands a certificate of ours (alert certificate_required)"
            case 120: "\(peer) speaks none of the protocols we offered (alert no_application_protocol)"
            default: "\(peer) broke off with alert \(number)"
            }
        return TLSFailure(.alert(number), words)
    }
}
