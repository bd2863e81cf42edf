import COpenSSL

/// One end of a TLS connection (RFC 8446, RFC 5246) without a socket: octets of the peer and of the caller go in, octets
/// for both come out. After each input `next()` is drained to nil.
///
/// Holds a pointer that OpenSSL uses without locks: one session belongs to one thread or event loop.
@safe public final class TLSSession {
    public enum Output: Sendable {
        /// To be sent to the peer.
        case ciphertext([UInt8])
        /// From the peer.
        case plaintext([UInt8])
        /// The handshake is done; before it no plaintext comes.
        case established(TLSInfo)
        /// The peer has ended its stream in order (close_notify, RFC 8446 §6.1).
        case closed
        /// Nothing more will come; an alert for the peer may have gone before.
        case failed(TLSFailure)
    }

    private enum State {
        case handshake
        case open
        /// Read to the end, or failed: no input changes anything.
        case over
    }

    let context: TLSContext
    /// The name that the peer's certificate has to carry; nil on servers.
    let peerName: String?
    private let pointer: OpaquePointer
    /// Owned by `pointer`.
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer
    private var state = State.handshake
    private var isClosing = false
    private var outputs = OutputQueue<Output>()
    /// The first objection to the peer's certificate.
    private var complaint: TLSFailure?

    /// - Parameter peerName: for clients, the host asked for, a name or an address, unless the settings name another.
    /// - Throws: `.settings` when OpenSSL cannot make a session or refuses the name.
    public init(_ context: TLSContext, peerName: String?) throws(TLSFailure) {
        self.context = context
        let name = context.role == .client ? context.settings.peerName ?? peerName : nil
        self.peerName = name
        guard let pointer = unsafe SSL_new(context.pointer) else { throw TLSFailure.ofLibrary(isClient: true) }
        guard let incoming = unsafe BIO_new(BIO_s_mem()), let outgoing = unsafe BIO_new(BIO_s_mem()) else {
            unsafe SSL_free(pointer)
            throw TLSFailure.ofLibrary(isClient: true)
        }
        unsafe SSL_set_bio(pointer, incoming, outgoing)
        unsafe self.pointer = pointer
        unsafe self.incoming = incoming
        unsafe self.outgoing = outgoing
        _ = unsafe SSL_set_ex_data(pointer, 0, Unmanaged.passUnretained(self).toOpaque())
        if context.role == .client {
            unsafe SSL_set_connect_state(pointer)
            try check(name)
            advance()
        } else {
            unsafe SSL_set_accept_state(pointer)
        }
    }

    deinit { unsafe SSL_free(pointer) }

    public var isEstablished: Bool { state == .open }

    /// Names the server and has its certificate checked for that name.
    private func check(_ name: String?) throws(TLSFailure) {
        guard let name else { return }
        if IPAddress(name) != nil {
            // An address is no name to be asked for (RFC 6066 §3), and is looked for among the addresses (RFC 5922 §7.1).
            let bare = name.filter { $0 != "[" && $0 != "]" }
            guard unsafe X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(pointer), bare) == 1 else {
                throw TLSFailure(.settings, "'\(name)' cannot be checked against a certificate")
            }
            return
        }
        let bare = name.hasSuffix(".") ? String(name.dropLast()) : name
        guard !bare.utf8.contains(0), unsafe sipob_SSL_set_tlsext_host_name(pointer, bare) == 1,
            unsafe SSL_set1_host(pointer, bare) == 1
        else {
            ERR_clear_error()
            throw TLSFailure(.settings, "'\(name)' is no name that TLS could ask for")
        }
        // RFC 5922 §7.2 wants no wildcards at all. Certificate authorities sell them and phones take them: only those
        // that stand for a part of a label are refused.
        unsafe SSL_set_hostflags(pointer, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
    }

    /// Octets from the peer.
    public func receive(_ bytes: RawSpan) {
        guard state != .over, bytes.byteCount > 0 else { return }
        unsafe bytes.withUnsafeBytes { octets in
            // A memory BIO takes everything; one call takes at most an Int32.
            var rest = unsafe octets[...]
            while unsafe !rest.isEmpty {
                let part = unsafe UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 20))
                let taken = unsafe BIO_write(incoming, part.baseAddress, Int32(part.count))
                guard taken > 0 else { return }
                unsafe rest = rest.dropFirst(Int(taken))
            }
        }
        advance()
    }

    /// The peer's stream has ended, in the host's eyes.
    public func receiveEnd() {
        switch state {
        case .handshake: fail(.closedInHandshake)
        case .open:
            // Without close_notify the end may be an attacker's. SIP frames its messages itself, so a cut one shows.
            state = .over
            outputs.append(.closed)
        case .over: break
        }
    }

    /// Octets for the peer, after `.established`; before that, and after the end, they are dropped.
    public func send(_ bytes: RawSpan) {
        guard state == .open, !isClosing, bytes.byteCount > 0 else { return }
        ERR_clear_error()
        var written = 0
        let done = unsafe bytes.withUnsafeBytes { octets in
            unsafe SSL_write_ex(pointer, octets.baseAddress, octets.count, &written)
        }
        // A memory BIO is never full, so anything but success is an error.
        done == 1 ? flush() : fail(TLSFailure.ofLibrary(isClient: context.role == .client))
    }

    /// Tells the peer that nothing more comes (close_notify). What it still sends is read on.
    public func close() {
        guard !isClosing else { return }
        isClosing = true
        // Both may be over: RFC 8446 §6.1 wants the answer to a close_notify all the same.
        guard unsafe SSL_is_init_finished(pointer) == 1 else { return }
        ERR_clear_error()
        _ = unsafe SSL_shutdown(pointer)
        ERR_clear_error()
        flush()
    }

    public func next() -> Output? { outputs.next() }

    // MARK: - The machine

    private func advance() {
        if state == .handshake { shakeHands() }
        if state == .open { read() }
    }

    private func shakeHands() {
        ERR_clear_error()
        let done = unsafe SSL_do_handshake(pointer)
        let why = unsafe SSL_get_error(pointer, done)
        flush()
        if done == 1 {
            state = .open
            outputs.append(.established(info))
        } else if why != SSL_ERROR_WANT_READ {
            let failure = TLSFailure.ofLibrary(isClient: context.role == .client)
            // The library only says that verification failed; what failed was noted when it was found.
            let isVerification = unsafe SSL_get_verify_result(pointer) != Int(X509_V_OK)
            fail(isVerification ? complaint ?? failure : failure)
        }
    }

    private func read() {
        while state == .open {
            ERR_clear_error()
            // As much as can come out of what went in, at most a whole record (RFC 8446 §5.1).
            let most = unsafe max(Int(BIO_ctrl_pending(incoming)), Int(SSL_pending(pointer)))
            let room = min(16_384, max(1024, most))
            var done: Int32 = 0
            let octets = unsafe [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                unsafe done = SSL_read_ex(pointer, buffer.baseAddress, room, &count)
                if done != 1 { count = 0 }
            }
            if done == 1 {
                outputs.append(.plaintext(octets))
                continue
            }
            switch unsafe SSL_get_error(pointer, done) {
            case SSL_ERROR_WANT_READ:
                return flush()
            case SSL_ERROR_ZERO_RETURN:
                flush()
                state = .over
                outputs.append(.closed)
            default:
                flush()
                fail(TLSFailure.ofLibrary(isClient: context.role == .client))
            }
        }
    }

    /// Takes what OpenSSL has for the peer.
    private func flush() {
        let count = unsafe Int(BIO_ctrl_pending(outgoing))
        guard count > 0 else { return }
        let octets = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            unsafe filled = max(0, Int(BIO_read(outgoing, buffer.baseAddress, Int32(clamping: count))))
        }
        outputs.append(.ciphertext(octets))
    }

    private func fail(_ failure: TLSFailure) {
        guard state != .over else { return }
        state = .over
        outputs.append(.failed(failure))
    }

    private var info: TLSInfo {
        var name: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        unsafe SSL_get0_alpn_selected(pointer, &name, &count)
        let chosen = unsafe name.map {
            unsafe String(decoding: UnsafeBufferPointer(start: $0, count: Int(count)), as: UTF8.self)
        }
        let certificate = unsafe SSL_get1_peer_certificate(pointer)
        defer { unsafe X509_free(certificate) }
        return unsafe TLSInfo(
            version: String(cString: SSL_get_version(pointer)),
            cipher: String(cString: SSL_CIPHER_get_name(SSL_get_current_cipher(pointer))),
            applicationProtocol: chosen,
            peerSubject: certificate.map { unsafe TLSText.subject($0) },
            complaint: complaint)
    }

    /// Notes an objection to the peer's certificate, in OpenSSL's callback.
    static func object(_ store: OpaquePointer?) {
        guard let store = unsafe store,
            let raw = unsafe X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()),
            let data = unsafe SSL_get_ex_data(OpaquePointer(raw), 0)
        else { return }
        let session = unsafe Unmanaged<TLSSession>.fromOpaque(data).takeUnretainedValue()
        guard session.complaint == nil else { return }
        session.complaint = unsafe TLSFailure.ofVerification(
            X509_STORE_CTX_get_error(store), X509_STORE_CTX_get_current_cert(store), name: session.peerName)
    }
}
