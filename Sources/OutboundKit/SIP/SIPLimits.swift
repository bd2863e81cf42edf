/// What a peer may make us hold. Each bound is reported as a `ParseError` of code `limit` when it is hit.
public struct SIPLimits: Sendable, Hashable {
    /// Octets of one message in a datagram: 65,535 is all that UDP carries.
    public var datagramOctets: Int32 = 65_535
    /// Octets of one message on a stream, body included. Stacks in the field stop between 64 KiB and 1 MiB.
    public var streamOctets: Int32 = 1 << 20
    /// Header fields of one message.
    public var headerFields: Int32 = 512
    /// Octets of one header field with its folds, and of the start-line.
    public var headerOctets: Int32 = 16_384

    public init() {}

    public static let `default` = SIPLimits()

    /// For a WebSocket message (RFC 7118 §5), which is whole as a datagram is, and may be as long as on a stream.
    public static let webSocket = {
        var limits = SIPLimits()
        limits.datagramOctets = limits.streamOctets
        return limits
    }()
}
