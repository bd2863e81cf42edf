/// Finds what lies behind the headers of tunnels. Each function says where the inner packet or frame begins; what it is
/// is then judged with its own addresses.
enum Encapsulation {
    /// A PPPoE session's header (RFC 2516 §4) and the PPP header behind it.
    @inline(never)
    static func pppoe(_ window: RawSpan, _ start: Int, end: Int) -> LinkLayer.Network {
        guard end - start >= 8 else { return .cut }
        // Version and type 1, and the code of data.
        guard window.big16(start) == 0x1100 else { return .encapsulated }
        return ppp(window, start + 6, end: end)
    }

    /// PPP's protocol field (RFC 1661 §2), perhaps of one octet (§6.5), perhaps behind HDLC's address and control
    /// (RFC 1662 §3.1).
    static func ppp(_ window: RawSpan, _ start: Int, end: Int) -> LinkLayer.Network {
        var place = start
        guard end - place >= 4 else { return .cut }
        if window.big16(place) == 0xFF03 { place += 2 }
        let isShort = window.octet(place) & 1 == 1
        let type = isShort ? UInt16(window.octet(place)) : window.big16(place)
        place += isShort ? 1 : 2
        switch type {
        case 0x0021, 0x0057: return .ip(place)
        case 0x0281, 0x0283: return mpls(window, place, end: end)
        // Compressed, encrypted or bundled datagrams; what else there is sets the link up.
        case 0x003D, 0x0053, 0x00FB, 0x00FD, 0x002D, 0x002F: return .encapsulated
        default: return .notIP
        }
    }

    /// A stack of labels; nothing in it says what follows, but the version of IP does (RFC 4928 §3).
    @inline(never)
    static func mpls(_ window: RawSpan, _ start: Int, end: Int) -> LinkLayer.Network {
        var place = start
        while end - place > 4 {
            let isBottom = window.octet(place + 2) & 1 == 1
            place += 4
            guard isBottom else { continue }
            switch window.octet(place) >> 4 {
            case 4, 6: return .ip(place)
            // The control word of an Ethernet pseudowire (RFC 4448 §4.6).
            case 0: return end - place >= 18 ? .ethernet(place + 4) : .cut
            default: return .encapsulated
            }
        }
        return .cut
    }

    /// GRE (RFC 2784, RFC 2890, of PPTP: RFC 2637) with IP, PPP, Ethernet, MPLS or a switch's mirrored frames (ERSPAN) in it.
    @inline(never)
    static func gre(_ window: RawSpan, _ start: Int, end: Int) -> LinkLayer.Network {
        guard end - start >= 4 else { return .cut }
        let flags = window.big16(start)
        let type = window.big16(start + 2)
        if flags & 7 == 1, type == 0x880B { return pptp(window, start, flags, end: end) }
        // Version 0 without source routing (RFC 2784 §2.3 has it ignored or discarded).
        guard flags & 0x4007 == 0 else { return .encapsulated }
        var place = start + 4
        for bit: UInt16 in [0x8000, 0x2000, 0x1000] where flags & bit != 0 { place += 4 }
        guard end - place >= 4 else { return .cut }
        switch type {
        case 0x6558:
            return .ethernet(place)
        case 0x88BE:
            // Of type I without a header of its own, of type II with one of 8 octets: a sequence number tells.
            return .ethernet(flags & 0x1000 == 0 ? place : place + 8)
        case 0x22EB:
            guard end - place >= 12 else { return .cut }
            return .ethernet(window.octet(place + 11) & 1 == 0 ? place + 12 : place + 20)
        case 0x0800, 0x86DD, 0x8847, 0x8848, 0x8100:
            return LinkLayer.tagged(window, place, type, end: end, vlanTags: 1)
        default:
            return .notIP
        }
    }

    /// PPTP's GRE (RFC 2637 §4.1): a key, and a sequence and an acknowledgement number where its flags say so. What has no
    /// sequence number acknowledges, and carries nothing.
    private static func pptp(_ window: RawSpan, _ start: Int, _ flags: UInt16, end: Int) -> LinkLayer.Network {
        guard flags & 0x1000 != 0 else { return .notIP }
        return ppp(window, start + (flags & 0x80 != 0 ? 16 : 12), end: end)
    }

    // MARK: In datagrams

    /// Whether a datagram may be one of a tunnel that `datagram` opens: its port has the last word.
    ///
    /// VXLAN's flags, of which one is set, and the octets of its header that are reserved (RFC 7348 §5); Geneve's version,
    /// reserved bits and a protocol that is opened (RFC 8926 §3.4); GTP-U's version and its type of user data (3GPP TS
    /// 29.281 §5.1); TZSP's version, type and its number for Ethernet.
    @inline(never)
    static func beginsTunnel(_ payload: RawSpan) -> Bool {
        guard payload.byteCount >= 8 + 20 else { return false }
        let first = payload.octet(0)
        switch first {
        case 8 where payload.big32(0) == 0x0800_0000 && payload.octet(7) == 0: return true
        case 1 where payload.octet(1) < 2 && payload.big16(2) == 1: return true
        case 0x30...0x37: return payload.octet(1) == 0xFF
        case 0..<0x40:
            return payload.octet(1) & 0x3F == 0 && payload.octet(7) == 0
                && [0x6558, 0x0800, 0x86DD].contains(payload.big16(2))
        default: return false
        }
    }

    /// What a datagram to a tunnel's port carries; nil for any other datagram.
    static func datagram(_ window: RawSpan, _ start: Int, end: Int, port: UInt16) -> LinkLayer.Network? {
        switch port {
        // VXLAN, and the port that Linux took before.
        case 4789, 8472: .ethernet(start + 8)
        case 6081: geneve(window, start, end: end)
        case 2152: gtp(window, start, end: end)
        case 37008: tzsp(window, start, end: end)
        default: nil
        }
    }

    private static func geneve(_ window: RawSpan, _ start: Int, end: Int) -> LinkLayer.Network {
        let place = start + 8 + Int(window.octet(start) & 0x3F) * 4
        guard end > place else { return .cut }
        return window.big16(start + 2) == 0x6558 ? .ethernet(place) : .ip(place)
    }

    /// A user's packet in a mobile network, perhaps behind extension headers (3GPP TS 29.281 §5.1, §5.2).
    private static func gtp(_ window: RawSpan, _ start: Int, end: Int) -> LinkLayer.Network {
        let flags = window.octet(start)
        var place = start + (flags & 7 == 0 ? 8 : 12)
        var more = flags & 4 != 0
        while more {
            guard place <= end, window.octet(place - 1) != 0 else { break }
            guard end > place, window.octet(place) > 0 else { return .cut }
            place += Int(window.octet(place)) * 4
            more = place <= end
        }
        guard end > place else { return .cut }
        // A bearer may carry Ethernet or no IP at all.
        return [4, 6].contains(window.octet(place) >> 4) ? .ip(place) : .encapsulated
    }

    /// A frame that a router mirrors, behind tagged fields, of which 0 and 1 have no length and 1 is the last.
    private static func tzsp(_ window: RawSpan, _ start: Int, end: Int) -> LinkLayer.Network {
        var place = start + 4
        while place + 1 < end {
            switch window.octet(place) {
            case 0: place += 1
            case 1: return .ethernet(place + 1)
            default: place += 2 + Int(window.octet(place + 1))
            }
        }
        return .cut
    }
}
