import COpenSSL

/// A self-signed certificate with its key, made in memory for one run: EC P-256, ECDSA with SHA-256.
///
/// Whoever is to trust it is given `pem` as a file of trust.
///
/// Sendable: both objects are written here only, before anyone else sees them, and OpenSSL counts references to them
/// atomically.
@safe public final class TLSCertificate: @unchecked Sendable {
    let certificate: OpaquePointer
    let key: OpaquePointer

    /// How long the certificate is good for: a run, not a deployment.
    static let days = 30

    /// - Parameter hosts: DNS names and IP addresses (RFC 5280 §4.2.1.6), the first of which is also the subject.
    /// - Throws: `.settings` when a name is no name, or the host's OpenSSL refuses the algorithms.
    public init(selfSignedFor hosts: [String]) throws(TLSFailure) {
        guard let first = hosts.first else { throw TLSFailure(.settings, "a certificate needs a name") }
        let names = try Self.alternativeNames(hosts)
        guard let key = unsafe sipob_EVP_EC_gen("P-256") else { throw Self.refused("a P-256 key") }
        guard let certificate = unsafe X509_new() else {
            unsafe EVP_PKEY_free(key)
            throw Self.refused("a certificate")
        }
        unsafe self.key = key
        unsafe self.certificate = certificate
        // From here on the object owns both, so a throw frees them.
        guard fillIn(subject: first), addExtensions(names) else { throw Self.refused("a certificate for \(first)") }
        guard unsafe X509_sign(certificate, key, EVP_sha256()) > 0 else { throw Self.refused("a signature") }
    }

    deinit {
        unsafe X509_free(certificate)
        unsafe EVP_PKEY_free(key)
    }

    /// The certificate, without its key, as a PEM file has it.
    public var pem: String {
        guard let memory = unsafe BIO_new(BIO_s_mem()) else { return "" }
        defer { unsafe BIO_free(memory) }
        guard unsafe PEM_write_bio_X509(memory, certificate) == 1 else { return "" }
        var octets = [UInt8](repeating: 0, count: unsafe BIO_ctrl_pending(memory))
        let count = unsafe BIO_read(memory, &octets, Int32(octets.count))
        return String(decoding: octets.prefix(max(0, Int(count))), as: UTF8.self)
    }

    private func fillIn(subject: String) -> Bool {
        // RFC 5280 §4.1.2.2: positive, unique for its issuer; and the issuer is new with every run.
        var serial: UInt64 = 0
        let drawn = unsafe withUnsafeMutableBytes(of: &serial) { unsafe RAND_bytes($0.baseAddress, 8) }
        let now = unsafe X509_getm_notBefore(certificate)
        // An hour back, for hosts whose clock is a little slow.
        guard drawn == 1, unsafe X509_set_version(certificate, Int(X509_VERSION_3)) == 1,
            unsafe ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1 | 1) == 1,
            unsafe X509_gmtime_adj(now, -3600) != nil,
            unsafe X509_gmtime_adj(X509_getm_notAfter(certificate), Self.days * 86_400) != nil,
            unsafe X509_set_pubkey(certificate, key) == 1,
            let name = unsafe X509_get_subject_name(certificate)
        else { return false }
        // A common name has room for 64 characters (RFC 5280, upper bounds); the names that count stand elsewhere.
        let common = Array(subject.utf8.prefix(64))
        return unsafe X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, common, Int32(common.count), -1, 0) == 1
            && X509_set_issuer_name(certificate, name) == 1
    }

    private func addExtensions(_ names: String) -> Bool {
        let extensions = [
            (NID_basic_constraints, "critical,CA:FALSE"),
            (NID_key_usage, "critical,digitalSignature"),
            (NID_ext_key_usage, "serverAuth,clientAuth"),
            (NID_subject_alt_name, names),
        ]
        for (identifier, value) in extensions {
            guard let made = unsafe X509V3_EXT_conf_nid(nil, nil, identifier, value) else { return false }
            defer { unsafe X509_EXTENSION_free(made) }
            guard unsafe X509_add_ext(certificate, made, -1) == 1 else { return false }
        }
        return true
    }

    /// The hosts in OpenSSL's notation. Only letters, digits, `-`, `_`, `.` and `*` go into it: a comma would begin
    /// another name, and a colon another kind.
    private static func alternativeNames(_ hosts: [String]) throws(TLSFailure) -> String {
        var names: [String] = []
        for host in hosts {
            if let address = IPAddress(host) {
                names.append("IP:\(address)")
                continue
            }
            let isName = host.utf8.allSatisfy { octet in
                ASCII.isAlpha(octet) || ASCII.isDigit(octet) || octet == 0x2D || octet == 0x5F || octet == 0x2E
                    || octet == 0x2A
            }
            guard isName, !host.isEmpty, host.utf8.count < 254 else {
                throw TLSFailure(.settings, "'\(host)' is neither a host name nor an address to make a certificate for")
            }
            names.append("DNS:\(host)")
        }
        return names.joined(separator: ",")
    }

    private static func refused(_ what: String) -> TLSFailure {
        let code = ERR_get_error()
        ERR_clear_error()
        return TLSFailure(.settings, "OpenSSL cannot make \(what): \(TLSFailure.words(code))")
    }
}
