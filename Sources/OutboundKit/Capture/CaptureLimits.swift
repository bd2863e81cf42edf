/// The bounds of all that reading a capture may hold in memory, and of how long it waits.
public struct CaptureLimits: Sendable, Hashable {
    /// Octets read at a time; also the largest record that can be read. libpcap's own bound on a packet is 262144.
    public var bufferOctets = 1 << 20
    /// Captures that overlap in time and are read side by side.
    public var openCaptures = 32
    /// Octets of a compressed capture that are read at a time.
    public var compressedOctets = 131_072
    /// Compressed captures that are decompressed ahead, each in a thread of its own; 0 to do it as they are read.
    public var decompressors = 0
    /// Octets of each of them that may wait to be read.
    public var aheadOctets = 64 << 20
    /// The largest window that a zstd frame may ask for, as the binary logarithm of octets: what the `zstd` program
    /// writes unless it is told to go beyond. It is the memory that decompression takes, and `zstd -19` takes 8 MiB.
    public var zstdWindowLog: Int32 = 27
    /// Interfaces in a pcapng section.
    public var interfaces = 65_536
    /// Link types that are not read, or that a filter means nothing for, which are counted one by one.
    public var listedLinkTypes = 64
    /// VLAN tags on a frame.
    public var vlanTags = 4
    /// Extension headers of an IPv6 packet.
    public var extensionHeaders = 16
    /// Tunnels within one another that are opened.
    public var tunnels = 4
    /// Octets of unfinished packets that mirrors send over streams, of all streams together; one has up to 64 KiB.
    public var mirroredOctets = 8 << 20
    /// How far the time that a mirror notes may lie from that of the capture before its clock is called wrong.
    public var mirrorAge = Duration.seconds(60)
    /// Datagrams of which some fragments wait for others; the oldest goes first.
    public var fragmentedDatagrams = 4096
    /// Octets that all of them may hold.
    public var fragmentOctets = 8 << 20
    /// Fragments of one datagram: 64 KiB in pieces of 256 octets.
    public var fragments = 256
    /// How long fragments wait for others (RFC 791 §3.2 gives 15 s and more, Linux 30 s).
    public var fragmentAge = Duration.seconds(30)
    /// Octets that flows may take, in the pipeline and in its sink, before some are given up; nil for no limit.
    public var memory: Int?
    /// Flows known at a time; packets of further ones are counted, not followed.
    public var flows = 4_000_000
    /// Octets of early data that one direction of a stream may hold before the hole in front of it is called lost.
    public var earlyOctets = 262_144
    /// Segments of early data, likewise.
    public var earlySegments = 256
    /// How long early data may wait. TCP's retransmissions back off to minutes, but a SIP peer gives up after 32 s.
    public var earlyAge = Duration.seconds(32)
    /// How long after early data the receiver's acknowledgement of it proves that the capture missed what lies before;
    /// below that, the capture may merely have the two directions out of order.
    public var acknowledgedAge = Duration.milliseconds(3)
    /// A jump of the sequence number beyond this is another connection, not a hole.
    public var window = 1 << 24
    /// Octets of a stream's beginning that are held until they show what it carries.
    public var undecidedOctets = 4096
    /// Octets of the head of a WebSocket's handshake, and its fields: browsers send cookies along.
    public var webSocketHeadOctets = 65_536
    public var webSocketHeadFields = 256
    /// Octets that a compressed WebSocket message may inflate to: what SIP has in a datagram, and more than any phone sends.
    public var inflatedOctets = 65_536
    /// Windows of compressed WebSocket messages that are kept at a time, of 40 kB each.
    public var inflaters = 1024
    /// Octets of the largest TLS hello that is read; post-quantum keys make it 2 kB.
    public var tlsHelloOctets = 16_384
    /// Streams inside of others, TLS with keys and WebSocket, that are followed at a time, of 1 to 2 kB each.
    public var layeredFlows = 262_144
    /// Octets of TLS records that an end may have waiting for the other end's hello.
    public var tlsHeldOctets = 20_480
    /// Numbers that a TLS record behind a hole is tried with: so many may have been lost.
    public var tlsSequences = 32
    /// How often in a row a TLS record is looked for in vain before an end of the connection is given up.
    public var tlsSearches = 64
    /// Connections whose secrets are kept, of some 400 octets each.
    public var keyLogConnections = 262_144
    /// Octets of the longest line of a key log.
    public var keyLogLineOctets = 1024
    /// How long a closed connection is remembered, for late retransmissions (RFC 9293 §3.4.2: twice 2 minutes).
    public var closedAge = Duration.seconds(240)
    /// How long a silent UDP flow, or one of a connection whose close was not seen, is remembered.
    public var silentAge = Duration.seconds(6 * 3600)
    /// How long a silent connection is remembered that showed nothing of SIP.
    public var undecidedAge = Duration.seconds(900)
    /// Two datagrams that are equal down to the IP identification, or that have none and are equal in every octet, within
    /// this time are one, captured twice.
    public var duplicateAge = Duration.milliseconds(1)

    public init() {}
}
