/// A capture that is not there as a whole when its reading begins: octets of a pcap or pcapng file that come as time goes
/// by, until whoever reads them says that it is enough.
public protocol CaptureStream: AnyObject {
    /// What reports and complaints call it.
    var name: String { get }

    /// Reads what has come behind the first `filled` octets of `buffer`, and waits a fraction of a second at most.
    ///
    /// - Returns: how many octets came, 0 when there were none so far; nil at the end.
    /// - Throws: `CaptureError`, after what came before it was handed out.
    func read(into buffer: inout [UInt8], after filled: Int) throws(CaptureError) -> Int?

    /// After the end: whether another file takes the place of the one that has ended; what is read next is its beginning.
    func goesOn() -> Bool

    /// It is enough: what has come already is still handed out, and then comes the end.
    func stop()

    /// Packets that went by and were missed, so far.
    var missed: MissedPackets { get }
    /// Whether packets may be missing around those that were handed out last.
    var isLossy: Bool { get }
    /// Whether packets may be missing between the file before and the one that is read now.
    var isBehindGap: Bool { get }
    /// Places where a file, or the rest of one, was gone before it was read, so far.
    var lostPieces: Int { get }
    /// After the end: whoever writes it has ended it, so that an end inside a packet is a loss.
    var hasEnded: Bool { get }
}

extension CaptureStream {
    public func goesOn() -> Bool { false }
    public var missed: MissedPackets { MissedPackets() }
    public var isLossy: Bool { false }
    public var isBehindGap: Bool { false }
    public var lostPieces: Int { 0 }
    public var hasEnded: Bool { false }
}

/// Packets that a live capture should have and has not.
public struct MissedPackets: Sendable, Hashable {
    /// The kernel's buffer was full.
    public var byKernel: UInt64 = 0
    /// The interface or its driver had no room for them.
    public var byInterface: UInt64 = 0

    public var total: UInt64 { byKernel &+ byInterface }

    public init() {}
}

/// How far the reading of a `CaptureStream` has come; given several times a second.
public struct CapturePulse: Sendable, Hashable {
    /// Packets read so far.
    public let packets: Int
    /// Flows found so far.
    public let flows: Int
    public let missed: MissedPackets
    /// Octets that came since the pulse before.
    public let octets: Int

    public init(packets: Int, flows: Int, missed: MissedPackets, octets: Int) {
        self.packets = packets
        self.flows = flows
        self.missed = missed
        self.octets = octets
    }
}
