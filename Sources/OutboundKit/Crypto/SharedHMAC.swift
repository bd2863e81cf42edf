import Synchronization

/// An HMAC that values may hold and tasks may share: one message at a time, under a lock that costs some ten
/// nanoseconds while nobody else holds it.
public final class SharedHMAC: Sendable {
    private let hmac: Mutex<HMAC>

    /// - Throws: as `HMAC.init`.
    public init(_ digest: MessageDigest, key: [UInt8]) throws(CryptoError) {
        hmac = Mutex(try HMAC(digest, key: key))
    }

    /// The code of `message`.
    public func code(of message: [UInt8]) -> [UInt8] {
        hmac.withLock { unsafe $0.code(of: message.span.bytes) }
    }
}
