/// What the pipeline remembers of one flow: of fixed size, without references, and one cache line. Its order is that of the
/// fields' alignment.
struct FlowEntry {
    enum Kind: UInt8 {
        /// The entry is not in use.
        case free
        /// A datagram flow on which SIP, STUN or a CRLFCRLF was seen.
        case datagram
        /// A stream that has not yet shown what it carries.
        case undecided
        /// A stream of SIP messages.
        case sip
        /// TLS records.
        case encrypted
        /// A stream inside of others, WebSocket or TLS; what it carries stands in its `StreamLayers`.
        case layered
        /// A stream of something else, followed only so that the next one on its ports is known as new.
        case other
    }

    struct Flags: OptionSet {
        let rawValue: UInt8
        /// The client is the low end of the key.
        static let clientIsLow = Flags(rawValue: 1)
        /// The SYN of the handshake, or its answer, was seen.
        static let handshake = Flags(rawValue: 2)
        /// The server's side of the handshake was seen.
        static let answered = Flags(rawValue: 4)
        /// Reset, or finished by both ends.
        static let closed = Flags(rawValue: 8)
        /// A SIP message was seen, not merely STUN.
        static let hasSIP = Flags(rawValue: 16)
        /// Media came on a flow of STUN, and was told.
        static let hasMedia = Flags(rawValue: 32)
    }

    // The flow's key, as its table packs it (`FlowTable`).
    var addresses: UInt64 = 0
    var ports: UInt32 = 0
    /// The handle under which it was reported; `unreported` before that.
    var id: UInt32 = unreported
    var fromLow = FlowEnd()
    var keyKind: UInt8 = 0
    var kind = Kind.free
    var fromHigh = FlowEnd()
    var flags: Flags = []
    /// The time of the flow's last packet.
    var lastTime: Int64 = 0
    /// The time of the flow's last event; before it is reported that of its first packet.
    var eventTime: Int64 = 0

    static let unreported = UInt32.max

    /// Notes a datagram of the flow.
    /// - Returns: nil when it is the one before it again, as a capture on several interfaces sees it.
    @inline(__always)
    mutating func note(_ packet: CapturedPacket, duplicateAge: Int64) -> FlowEvent.Moment? {
        let last = packet.isFromLow ? fromLow.lastDatagram : fromHigh.lastDatagram
        if last == packet.stamp, packet.stamp != 0, packet.time &- lastTime <= duplicateAge { return nil }
        if packet.isFromLow { fromLow.lastDatagram = packet.stamp } else { fromHigh.lastDatagram = packet.stamp }
        lastTime = max(lastTime, packet.time)
        return moment(packet.time, packet.frame, fromLow: packet.isFromLow)
    }

    /// Notes an event: its time, which never steps back, and whether the client sent it.
    @inline(__always)
    mutating func moment(_ time: Int64, _ frame: UInt64, fromLow: Bool) -> FlowEvent.Moment {
        eventTime = max(time, eventTime)
        return FlowEvent.Moment(
            flow: FlowID(id), time: Timestamp(nanoseconds: eventTime), frame: frame,
            direction: flags.contains(.clientIsLow) == fromLow ? .fromClient : .fromServer)
    }

    /// Takes a segment of a SIP stream, as nearly all are: the next one, of a connection from which nothing is missing.
    /// - Returns: what was known of its direction; nil, with nothing changed, for any other segment.
    @inline(__always)
    mutating func takeNext(_ packet: CapturedPacket) -> FlowEnd? {
        guard kind == .sip, !flags.contains(.closed), packet.tcpFlags & CapturedPacket.TCPFlag.plain == packet.tcpFlags,
            packet.wire > 0, !packet.isCut
        else { return nil }
        let (own, other) = packet.isFromLow ? (fromLow, fromHigh) : (fromHigh, fromLow)
        guard own.stream.isStarted, own.stream.next.rawValue == packet.sequence,
            packet.acknowledgement == other.stream.next.rawValue || packet.time &- lastTime < FlowEntry.longPause
        else { return nil }
        lastTime = max(lastTime, packet.time)
        if packet.isFromLow { fromLow.stream.advance(packet.wire) } else { fromHigh.stream.advance(packet.wire) }
        return own
    }

    /// A second, in nanoseconds: more than two taps of one wire, a direction each, can be apart. A segment that comes after
    /// so long a pause acknowledges what the other end has sent since.
    static let longPause: Int64 = 1_000_000_000

    /// What the low end sends, or the high end.
    subscript(isLow: Bool) -> FlowEnd {
        @inline(__always) get { isLow ? fromLow : fromHigh }
        @inline(__always) _modify { if isLow { yield &fromLow } else { yield &fromHigh } }
    }
}

/// What is remembered of what one end of a flow sends.
struct FlowEnd {
    struct Flags: OptionSet {
        let rawValue: UInt8
        /// The stream's place is not known to lie between messages: it was joined in the middle, or octets are missing.
        static let unsynchronised = Flags(rawValue: 1)
        /// A CRLF came last, and a next one makes a pair with it.
        static let oddCRLF = Flags(rawValue: 2)
        /// Octets are missing, and something waits behind them.
        static let waiting = Flags(rawValue: 4)
    }

    /// Index of its `StreamBuffer`, or -1: only a stream in the middle of something has one.
    var buffer: Int32 = -1
    var stream = TCPReassembler()
    var flags: Flags = []

    /// For datagrams: identification, checksum and length of the last one, to know it when it is captured twice. They have
    /// no stream, whose room this takes: of a million flows every octet here is a megabyte.
    var lastDatagram: UInt64 {
        @inline(__always) get { stream.note }
        @inline(__always) set { stream.note = newValue }
    }
}
