/// Finds the IP packet in a frame (www.tcpdump.org/linktypes.html).
enum LinkLayer {
    enum Network {
        /// Where the IP packet begins.
        case ip(Int)
        /// Where another Ethernet frame begins, carried by this one.
        case ethernet(Int)
        /// Something that is no IP and carries none: ARP, LLDP, spanning tree.
        case notIP
        /// IP may be inside, below a header that is not read.
        case encapsulated
        /// The link type is not read.
        case unsupported
        /// The capture cut the frame, or it is too short.
        case cut
    }

    enum LinkType {
        static let null: UInt16 = 0
        static let ethernet: UInt16 = 1
        /// LINKTYPE_RAW, and DLT_RAW as older systems number it.
        static let raw: [UInt16] = [101, 12, 14]
        /// PPP, alone, in HDLC's framing, and with PPPoE's header before it.
        static let ppp: UInt16 = 9
        static let pppHDLC: UInt16 = 50
        static let pppEthernet: UInt16 = 51
        static let loop: UInt16 = 108
        static let enc: UInt16 = 109
        static let linuxCooked: UInt16 = 113
        static let ipv4: UInt16 = 228
        static let ipv6: UInt16 = 229
        static let linuxCooked2: UInt16 = 276
    }

    /// - Parameter frame: the octets `range` of `window`.
    @inline(__always)
    static func network(
        in window: RawSpan, _ range: Range<Int>, link: UInt16, vlanTags: Int
    ) -> Network {
        if link == LinkType.ethernet {
            guard range.count >= 14 else { return .cut }
            let type = window.big16(range.lowerBound &+ 12)
            if type == 0x0800 || type == 0x86DD { return .ip(range.lowerBound &+ 14) }
            return tagged(window, range.lowerBound &+ 14, type, end: range.upperBound, vlanTags: vlanTags)
        }
        return other(window, range, link: link, vlanTags: vlanTags)
    }

    @inline(never)
    private static func other(_ window: RawSpan, _ range: Range<Int>, link: UInt16, vlanTags: Int) -> Network {
        let start = range.lowerBound
        switch link {
        case LinkType.raw[0], LinkType.raw[1], LinkType.raw[2], LinkType.ipv4, LinkType.ipv6:
            return range.isEmpty ? .cut : .ip(start)
        case LinkType.null, LinkType.loop:
            guard range.count >= 4 else { return .cut }
            return isIPFamily(window.big32(start)) ? .ip(start + 4) : .notIP
        case LinkType.enc:
            guard range.count >= 12 else { return .cut }
            return isIPFamily(window.big32(start)) ? .ip(start + 12) : .notIP
        case LinkType.ppp, LinkType.pppHDLC:
            return Encapsulation.ppp(window, start, end: range.upperBound)
        case LinkType.pppEthernet:
            return Encapsulation.pppoe(window, start, end: range.upperBound)
        case LinkType.linuxCooked:
            guard range.count >= 16 else { return .cut }
            return tagged(window, start + 16, window.big16(start + 14), end: range.upperBound, vlanTags: vlanTags)
        case LinkType.linuxCooked2:
            guard range.count >= 20 else { return .cut }
            return tagged(window, start + 20, window.big16(start), end: range.upperBound, vlanTags: vlanTags)
        default:
            return .unsupported
        }
    }

    /// AF_INET, and AF_INET6 of Linux, NetBSD, FreeBSD, macOS. NULL has them in the byte order of the machine that captured,
    /// LOOP in network order; they are small.
    private static func isIPFamily(_ number: UInt32) -> Bool {
        [2, 10, 24, 28, 30].contains(number > 0xFFFF ? number.byteSwapped : number)
    }

    /// What follows an EtherType, past VLAN tags: 802.1Q, 802.1ad and the older number of stacked tags; and past 802.2's
    /// header, which stands where the field is a length.
    @inline(__always)
    static func tagged(
        _ window: RawSpan, _ start: Int, _ firstType: UInt16, end: Int, vlanTags: Int
    ) -> Network {
        var type = firstType
        var place = start
        for _ in 0...vlanTags {
            switch type {
            case 0x0800, 0x86DD:
                return .ip(place)
            case 0x8100, 0x88A8, 0x9100:
                guard end &- place >= 4 else { return .cut }
                type = window.big16(place &+ 2)
                place &+= 4
            case 0x8847, 0x8848:
                return Encapsulation.mpls(window, place, end: end)
            case 0x8864:
                return Encapsulation.pppoe(window, place, end: end)
            default:
                guard let inner = snapType(window, place, type, end: end) else { return .notIP }
                type = inner
                place &+= 8
            }
        }
        return .encapsulated
    }

    /// The EtherType that 802.2's SNAP header has (RFC 1042): DSAP and SSAP AA, unnumbered information, and no
    /// organization's own numbers. nil for any other frame.
    @inline(never)
    private static func snapType(_ window: RawSpan, _ start: Int, _ length: UInt16, end: Int) -> UInt16? {
        guard length < 0x0600, end - start >= 8, window.big32(start) == 0xAAAA_0300, window.big16(start + 4) == 0
        else { return nil }
        return window.big16(start + 6)
    }
}
