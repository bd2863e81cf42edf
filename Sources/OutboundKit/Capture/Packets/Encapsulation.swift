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

    /// GRE (RFC 2784, RFC 2890) with IP, Ethernet, MPLS or a switch's mirrored frames (ERSPAN) in it.
    @inline(never)
    static func gre(_ window: RawSpan, _ start: Int, end: Int) -> LinkLayer.Network {
        guard end - start >= 4 else { return .cut }
        let flags = window.big16(start)
        let type = window.big16(start + 2)
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

    /// VXLAN's flags, of which one is set, and the octets of its header that are reserved (RFC 7348 §5).
    @inline(never)
    static func beginsVXLAN(_ payload: RawSpan) -> Bool {
        payload.byteCount >= 8 + 14 && payload.big32(0) == 0x0800_0000 && payload.octet(7) == 0
    }

    /// The registered port (RFC 7348 §5), and the one that Linux took before.
    static func isVXLANPort(_ port: UInt16) -> Bool { port == 4789 || port == 8472 }
}
