import Glibc

/// Why a capture could not be read, or not to its end.
public struct CaptureError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// The operating system refused; its error number.
        case system(Int32)
        /// There is not one octet in it.
        case empty
        /// The first octets are those of no capture format that is read here; the magic number, and what it is if known.
        case format(magic: UInt32, known: String?)
        /// The file ends inside a packet or block: a capture that was cut or is still being written.
        case cut
        /// It cannot be decompressed, or not to its end; half a sentence that says why and what to do.
        case compression(String)
        /// A length or field that cannot be right.
        case damaged(String)
        /// A live capture ended by itself; why.
        case stopped(String)
        /// It cannot be read while it grows; half a sentence that says why and what to do.
        case unfollowable(String)
        /// An event log was expected, and its first line is no event.
        case noEvents
    }

    public let code: Code
    /// The file, or `-`.
    public let path: String
    /// The octet at which it failed, from the file's start.
    public let offset: Int
    /// Whole packets read before it: these were analysed, and a report about them is worth having.
    public let packets: Int

    public init(_ code: Code, path: String = "-", offset: Int = 0, packets: Int = 0) {
        self.code = code
        self.path = path
        self.offset = offset
        self.packets = packets
    }

    /// Whether packets were read before the failure.
    public var isPartial: Bool { packets > 0 }

    public var description: String {
        let name = path == "-" ? "standard input" : path
        switch code {
        case .system(let number):
            return unsafe "cannot read \(name): \(String(cString: strerror(number)))"
        case .empty:
            return "\(name) is empty: a capture begins with a file header; was the capture program stopped too early?"
        case .format(_, let known?):
            return "\(name) is \(known)"
        case .format(let magic, nil):
            let octets = (0..<4).map { UInt8(truncatingIfNeeded: magic >> UInt32(24 - 8 * $0)) }
            return "\(name) is no pcap or pcapng capture (it begins with \(Hex.encode(octets))); "
                + "convert it with `editcap -F pcapng`"
        case .cut:
            return
                "\(name) ends inside a packet at octet \(offset), after \(counted(packets, "whole packet")): it was cut, "
                + "or is still being written"
        case .compression(let what):
            return "\(name) cannot be decompressed to its end, after \(counted(packets, "packet")): \(what)"
        case .stopped(let words):
            return "listening on \(name) ended after \(counted(packets, "packet")): \(words); "
                + "what came before is judged; listen again once it is back"
        case .unfollowable(let what):
            return "\(name) cannot be followed: \(what)"
        case .noEvents:
            return "\(name) is no event log: write one with `sipob pcap-audit --events FILE CAPTURE`"
        case .damaged(let what):
            return "\(name) is damaged at octet \(offset), after \(counted(packets, "packet")): \(what)"
        }
    }
}
