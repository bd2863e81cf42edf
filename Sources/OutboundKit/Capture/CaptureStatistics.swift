/// What a capture held, in numbers.
public struct CaptureStatistics: Hashable, Sendable {
    /// Packets read.
    public internal(set) var packets = 0
    /// Packets that the filter left out, which are not among these.
    public internal(set) var leftOut = 0
    /// Octets of these packets as captured, link layer included.
    public internal(set) var octets = 0
    /// The first packet's time; nil before it.
    public internal(set) var firstTime: Timestamp?
    /// The latest time seen; nil before the first packet.
    public internal(set) var lastTime: Timestamp?
    public internal(set) var udpDatagrams = 0
    public internal(set) var tcpSegments = 0
    public internal(set) var icmpMessages = 0
    /// Flows that were reported through `.open`.
    public internal(set) var flows = 0
    /// Whole SIP messages. Where the sink has them read in another thread, datagrams that begin like one count too.
    public internal(set) var sipMessages = 0
    public internal(set) var stunMessages = 0
    /// CRLFs between the messages of streams.
    public internal(set) var crlfs = 0
    /// TLS connections that were decrypted.
    public internal(set) var decryptedConnections = 0
    /// Holes in streams that were reported through `.gap`.
    public internal(set) var gaps = 0

    /// There were packets, and not one of them could be looked into: of a link type that is not read, of an interface that
    /// is not described, or without a time. Known at the end.
    public internal(set) var isUnreadable = false

    public init() {}
}
