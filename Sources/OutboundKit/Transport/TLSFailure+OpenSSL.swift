import COpenSSL
import Glibc

extension TLSFailure {
    /// The failure behind the first entry of OpenSSL's error queue of this thread, which is emptied. The first entry is
    /// where it began; later ones only say who passed it on.
    static func ofLibrary(isClient: Bool) -> TLSFailure {
        let code = ERR_get_error()
        ERR_clear_error()
        let reason = code == 0 ? 0 : Int32(ERR_GET_REASON(code))
        // Alerts received are numbered from 1000 (ssl(3), SSL_AD_REASON_OFFSET).
        if let number = UInt8(exactly: reason - SSL_AD_REASON_OFFSET) { return alert(number, isClient: isClient) }
        let peer = isClient ? "the server" : "the client"
        switch reason {
        case SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST, SSL_R_PACKET_LENGTH_TOO_LONG,
            SSL_R_BAD_PACKET_LENGTH, SSL_R_UNEXPECTED_RECORD:
            return TLSFailure(.notTLS, "\(peer) does not speak TLS on this connection")
        case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_NO_PROTOCOLS_AVAILABLE, SSL_R_UNKNOWN_PROTOCOL,
            SSL_R_UNSUPPORTED_SSL_VERSION, SSL_R_VERSION_TOO_LOW, SSL_R_VERSION_TOO_HIGH:
            return TLSFailure(
                .noSharedVersion, "\(peer) speaks no version of TLS that this host allows (MinProtocol in openssl.cnf)")
        case SSL_R_NO_SHARED_CIPHER, SSL_R_NO_CIPHERS_AVAILABLE, SSL_R_WRONG_CIPHER_RETURNED,
            SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS, SSL_R_NO_SUITABLE_KEY_SHARE, SSL_R_NO_SUITABLE_GROUPS:
            return TLSFailure(
                .noSharedCipher, "\(peer) and this end share no cipher suite (CipherString in openssl.cnf)")
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
            return TLSFailure(.noClientCertificate, "the client shows no certificate, which is demanded here")
        default:
            return TLSFailure(.violation(reason), "\(peer) breaks the TLS protocol: \(words(code))")
        }
    }

    /// An objection to the peer's certificate.
    /// - Parameters:
    ///   - error: OpenSSL's number, `X509_V_ERR_…`.
    ///   - certificate: the one in the chain that is objected to.
    ///   - name: the name that was checked.
    static func ofVerification(_ error: Int32, _ certificate: OpaquePointer?, name: String?) -> TLSFailure {
        let subject = unsafe TLSText.subject(certificate)
        switch error {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            let end = unsafe certificate.map { unsafe TLSText.time(X509_get0_notAfter($0)) } ?? "?"
            return TLSFailure(.expired, "the peer's certificate (\(subject)) expired on \(end)")
        case X509_V_ERR_CERT_NOT_YET_VALID:
            let start = unsafe certificate.map { unsafe TLSText.time(X509_get0_notBefore($0)) } ?? "?"
            return TLSFailure(.notYetValid, "the peer's certificate (\(subject)) is not valid before \(start)")
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
            let names = unsafe TLSText.names(certificate)
            return TLSFailure(
                .otherName, "the peer's certificate is for \(names ?? subject), not for \(name ?? "this peer")")
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
            return TLSFailure(.selfSigned, "the peer's certificate (\(subject)) is self-signed and not trusted here")
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_CERT_UNTRUSTED:
            let issuer = unsafe TLSText.issuer(certificate)
            return TLSFailure(
                .unknownIssuer, "the issuer of the peer's certificate (\(issuer)) is not trusted on this host")
        default:
            let words = unsafe String(cString: X509_verify_cert_error_string(Int(error)))
            return TLSFailure(.unverified(error), "the peer's certificate (\(subject)) does not pass: \(words)")
        }
    }

    /// A file of this end that OpenSSL cannot use; empties the error queue.
    static func ofFile(_ kind: String, _ path: String) -> TLSFailure {
        let code = ERR_get_error()
        ERR_clear_error()
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            return TLSFailure(.settings, "cannot read the \(kind) '\(path)': \(TransportError.words(errno))")
        }
        Glibc.close(descriptor)
        return TLSFailure(.settings, "cannot use the \(kind) '\(path)': \(words(code))")
    }

    /// OpenSSL's own words for an error.
    static func words(_ code: UInt) -> String {
        guard code != 0, let reason = unsafe ERR_reason_error_string(code) else { return "unknown trouble" }
        return unsafe String(cString: reason)
    }
}

/// Text out of certificates.
enum TLSText {
    static func subject(_ certificate: OpaquePointer?) -> String {
        guard let certificate = unsafe certificate else { return "?" }
        return unsafe text { unsafe sipob_X509_NAME_print($0, X509_get_subject_name(certificate)) }
    }

    static func issuer(_ certificate: OpaquePointer?) -> String {
        guard let certificate = unsafe certificate else { return "?" }
        return unsafe text { unsafe sipob_X509_NAME_print($0, X509_get_issuer_name(certificate)) }
    }

    static func time(_ time: UnsafePointer<ASN1_TIME>?) -> String {
        unsafe text { unsafe ASN1_TIME_print($0, time) }
    }

    /// The subject alternative names, as in `DNS:a.example, IP Address:192.0.2.1`; nil when there are none.
    static func names(_ certificate: OpaquePointer?) -> String? {
        guard let certificate = unsafe certificate else { return nil }
        let place = unsafe X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1)
        guard place >= 0, let names = unsafe X509_get_ext(certificate, place) else { return nil }
        return unsafe text { unsafe X509V3_EXT_print($0, names, 0, 0) }
    }

    /// Certificates come from peers: no sentence of ours grows longer by more than this.
    private static let longest = 300

    /// What `body` prints, with what a terminal could misread left out.
    static func text(_ body: (OpaquePointer?) -> Int32) -> String {
        guard let memory = unsafe BIO_new(BIO_s_mem()) else { return "?" }
        defer { unsafe BIO_free(memory) }
        _ = unsafe body(memory)
        var octets = [UInt8](repeating: 0, count: longest)
        let count = unsafe BIO_read(memory, &octets, Int32(longest))
        guard count > 0 else { return "?" }
        let printable = octets.prefix(Int(count)).filter(ASCII.isPrintable)
        return String(decoding: printable, as: UTF8.self)
    }
}
