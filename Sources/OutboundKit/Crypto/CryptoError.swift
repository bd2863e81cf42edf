/// What the host's libcrypto refuses: an algorithm that its configuration disables (MD5 under FIPS), or randomness that
/// it cannot give. Never caused by input.
public struct CryptoError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The algorithm or service by its usual name, such as `MD5`.
    public let service: String

    @inline(never) init(_ service: StaticString) { self.service = service.description }

    public var description: String { "libcrypto does not provide \(service) on this host" }
}
