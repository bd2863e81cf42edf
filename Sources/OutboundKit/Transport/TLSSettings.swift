/// How a TLS end is set up: whom it trusts, what it shows of itself, what it demands.
///
/// Protocol versions and cipher suites are the host's business: `openssl.cnf` rules them, so that old phones can be
/// tested on purpose. Without a word there, TLS 1.2 is the oldest version spoken (RFC 8996).
public struct TLSSettings: Sendable {
    public enum Trust: Sendable, Hashable {
        /// The host's trust store, as OpenSSL finds it (`SSL_CERT_FILE`, `SSL_CERT_DIR`).
        case system
        /// A PEM file with one or more certificates.
        case file(String)
    }

    public enum Identity: Sendable {
        /// PEM files: the certificate followed by those that lead to its root, and its key without a passphrase.
        case files(certificate: String, key: String)
        /// A certificate made for this run.
        case certificate(TLSCertificate)
    }

    public var trust: Trust = .system
    /// The certificate and key of this end; a server cannot do without.
    public var identity: Identity?
    /// For clients: false takes any certificate. What is wrong with it is told in `TLSInfo` all the same.
    public var verifiesServer = true
    /// For clients: the name to ask for and to check, where it is not the host's.
    public var peerName: String?
    /// For servers: a client without a certificate that `trust` knows is refused (RFC 8446 §4.3.2).
    public var demandsClientCertificate = false
    /// The protocols to offer or to choose from (RFC 7301), best first. SIP over TLS names none; secure WebSocket needs
    /// `http/1.1`. A server goes on without when none fits: phones offer what their library offers.
    public var protocols: [String] = []
    /// A file to which the secrets of each session are appended in NSS key log format, for Wireshark and `pcap-audit`.
    public var keyLogFile: String?

    public init() {}
}

/// What two ends have agreed on.
public struct TLSInfo: Sendable, Hashable {
    /// `TLSv1.2`, `TLSv1.3`.
    public let version: String
    /// The cipher suite by OpenSSL's name.
    public let cipher: String
    /// The protocol chosen by ALPN; nil without one.
    public let applicationProtocol: String?
    /// The subject of the peer's certificate as RFC 2253 text; nil when the peer showed none.
    public let peerSubject: String?
    /// What is wrong with the peer's certificate, where the settings let it pass.
    public let complaint: TLSFailure?
}
