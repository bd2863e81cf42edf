import COpenSSL
import Synchronization

/// Settings made ready for sessions: certificates, keys and trust are read here, once, so that a wrong file is known
/// before the first connection.
///
/// Sendable: OpenSSL lets threads share an `SSL_CTX` for making sessions (its references and stores are locked); it is
/// configured in `init` alone. The other members are constants, or guard themselves.
@safe public final class TLSContext: @unchecked Sendable {
    public enum Role: Sendable, Hashable {
        case client
        case server
    }

    public let role: Role
    public let settings: TLSSettings
    let pointer: OpaquePointer
    private let keyLog: TLSKeyLog?
    /// `settings.protocols` as ALPN writes them: a length octet, then the name (RFC 7301 §3.1).
    let protocolList: [UInt8]

    /// - Throws: `.settings` with the file or name that cannot be used, and why.
    public init(_ role: Role, _ settings: TLSSettings) throws(TLSFailure) {
        self.role = role
        self.settings = settings
        guard settings.protocols.allSatisfy({ !$0.isEmpty && $0.utf8.count < 256 }) else {
            throw TLSFailure(.settings, "a protocol name has 1 to 255 octets")
        }
        protocolList = settings.protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        keyLog = if let path = settings.keyLogFile { try TLSKeyLog(path) } else { nil }
        // Reads openssl.cnf, as every program does that asks for it; done once however often it is called.
        _ = OPENSSL_init_ssl(UInt64(OPENSSL_INIT_LOAD_CONFIG), nil)
        let method = role == .client ? unsafe TLS_client_method() : unsafe TLS_server_method()
        guard let made = unsafe SSL_CTX_new(method) else {
            let code = ERR_get_error()
            ERR_clear_error()
            throw TLSFailure(
                .settings, "OpenSSL cannot start (is openssl.cnf in order?): \(TLSFailure.words(code))")
        }
        unsafe pointer = made
        configure()
        try useIdentity()
        try useTrust()
    }

    deinit { unsafe SSL_CTX_free(pointer) }

    private func configure() {
        // What openssl.cnf asks for has been applied by now; only its silence is filled.
        if unsafe sipob_SSL_CTX_get_min_proto_version(pointer) == 0 {
            _ = unsafe sipob_SSL_CTX_set_min_proto_version(pointer, TLS1_2_VERSION)
        }
        // Idle flows are many: their record buffers are given back between records.
        unsafe sipob_SSL_CTX_set_mode(pointer, Int(SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY))
        // No renegotiation (CVE-2009-3555 and a cheap way to keep a server busy). No tickets and no cache, so that each
        // flow shows its whole handshake and is verified for itself.
        _ = unsafe SSL_CTX_set_options(
            pointer, UInt64(sipob_SSL_OP_NO_RENEGOTIATION) | UInt64(sipob_SSL_OP_NO_TICKET))
        _ = unsafe SSL_CTX_set_num_tickets(pointer, 0)
        _ = unsafe SSL_CTX_ctrl(pointer, SSL_CTRL_SET_SESS_CACHE_MODE, Int(SSL_SESS_CACHE_OFF), nil)
        // A key with a passphrase is refused; without this, OpenSSL would ask for it on the terminal.
        unsafe SSL_CTX_set_default_passwd_cb(pointer) { _, _, _, _ in -1 }
        // Reached from callbacks, which sessions of this context make while it is alive.
        _ = unsafe sipob_SSL_CTX_set_app_data(pointer, Unmanaged.passUnretained(self).toOpaque())
        if keyLog != nil {
            unsafe SSL_CTX_set_keylog_callback(pointer) { session, line in
                guard let session = unsafe session, let line = unsafe line else { return }
                unsafe TLSContext.of(session)?.keyLog?.append(String(cString: line))
            }
        }
        guard !protocolList.isEmpty else { return }
        if role == .client {
            _ = unsafe SSL_CTX_set_alpn_protos(pointer, protocolList, UInt32(protocolList.count))
        } else {
            unsafe SSL_CTX_set_alpn_select_cb(
                pointer,
                { session, chosen, count, offer, offerCount, _ in
                    unsafe TLSContext.choose(session, chosen, count, offer, offerCount)
                }, nil)
        }
    }

    /// The context of a session, in a callback.
    static func of(_ session: OpaquePointer) -> TLSContext? {
        guard let data = unsafe sipob_SSL_CTX_get_app_data(SSL_get_SSL_CTX(session)) else { return nil }
        return unsafe Unmanaged<TLSContext>.fromOpaque(data).takeUnretainedValue()
    }

    /// The first of our protocols that the client offers; none is no reason to refuse it.
    private static func choose(
        _ session: OpaquePointer?, _ chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
        _ chosenCount: UnsafeMutablePointer<UInt8>?, _ offer: UnsafePointer<UInt8>?, _ offerCount: UInt32
    ) -> Int32 {
        guard let session = unsafe session, let context = unsafe of(session), let chosen = unsafe chosen,
            let chosenCount = unsafe chosenCount, let offer = unsafe offer
        else { return SSL_TLSEXT_ERR_NOACK }
        let octets = unsafe UnsafeBufferPointer(start: offer, count: Int(offerCount))
        for name in context.settings.protocols {
            let wanted = Array(name.utf8)
            var place = 0
            // Each entry is a length octet and as many octets; OpenSSL has checked that they fit.
            while place < octets.count {
                let length = Int(unsafe octets[place])
                guard place + 1 + length <= octets.count else { break }
                if unsafe octets[(place + 1)..<(place + 1 + length)].elementsEqual(wanted) {
                    unsafe chosen.pointee = offer + place + 1
                    unsafe chosenCount.pointee = UInt8(length)
                    return SSL_TLSEXT_ERR_OK
                }
                place += 1 + length
            }
        }
        return SSL_TLSEXT_ERR_NOACK
    }

    private func useIdentity() throws(TLSFailure) {
        switch settings.identity {
        case nil:
            if role == .server { throw TLSFailure(.settings, "a TLS server needs a certificate and its key") }
        case .files(let certificate, let key):
            guard unsafe SSL_CTX_use_certificate_chain_file(pointer, certificate) == 1 else {
                throw TLSFailure.ofFile("certificate file", certificate)
            }
            guard unsafe SSL_CTX_use_PrivateKey_file(pointer, key, SSL_FILETYPE_PEM) == 1 else {
                throw TLSFailure.ofFile("key file", key)
            }
            guard unsafe SSL_CTX_check_private_key(pointer) == 1 else {
                ERR_clear_error()
                throw TLSFailure(
                    .settings, "the key in '\(key)' does not belong to the certificate in '\(certificate)'")
            }
        case .certificate(let made):
            guard unsafe SSL_CTX_use_certificate(pointer, made.certificate) == 1,
                unsafe SSL_CTX_use_PrivateKey(pointer, made.key) == 1
            else {
                let code = ERR_get_error()
                ERR_clear_error()
                throw TLSFailure(.settings, "OpenSSL refuses the certificate made here: \(TLSFailure.words(code))")
            }
        }
    }

    private func useTrust() throws(TLSFailure) {
        let verifies = role == .server ? settings.demandsClientCertificate : true
        guard verifies else {
            unsafe SSL_CTX_set_verify(pointer, SSL_VERIFY_NONE, nil)
            return
        }
        switch settings.trust {
        case .system:
            _ = unsafe SSL_CTX_set_default_verify_paths(pointer)
        case .file(let path):
            guard unsafe SSL_CTX_load_verify_file(pointer, path) == 1 else {
                throw TLSFailure.ofFile("file of trusted certificates", path)
            }
            // The names that a client may choose its certificate by (RFC 8446 §4.2.4).
            if role == .server, let names = unsafe SSL_load_client_CA_file(path) {
                unsafe SSL_CTX_set_client_CA_list(pointer, names)
            }
        }
        // Where the server is not verified the check runs all the same, and what it finds is told.
        let mode =
            switch role {
            case .server: SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
            case .client: settings.verifiesServer ? SSL_VERIFY_PEER : SSL_VERIFY_NONE
            }
        unsafe SSL_CTX_set_verify(pointer, mode) { passed, store in
            if passed == 0 { unsafe TLSSession.object(store) }
            return passed
        }
    }

    /// The host's error number of the first line that could not be written to the key log; 0 while all went well.
    public var keyLogError: Int32 { keyLog?.error ?? 0 }
}
