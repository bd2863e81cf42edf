/// Counters of what a capture held and the pipeline passed over.
struct Unjudged {
    var cutPackets = 0
    var cutHeaders = 0
    var malformed = 0
    /// TLS connections that were not decrypted, by reason.
    var tlsFlows = 0
    var otherTLS = 0
    var tlsWrongKeys = 0
    var tlsSuites = 0
    var earlyRecords = 0
    var beyondLayers = 0
    /// Messages of WebSockets, or what should have been frames, that could not be read, by reason.
    var lostCompressed = 0
    var badInflations = 0
    var badFrames = 0
    var unreadable = 0
    var deepTunnels = 0
    var encapsulated = 0
    var mirrored = 0
    var beyondMirrored = 0
    var brokenMirrors = 0
    var badMirrored = 0
    var latecomers = 0
    var duplicates = 0
    var otherSTUN = 0
    var timeless = 0
    var clockSteps = 0
    var strayTimes = 0
    var unansweredSYNs = 0
    var beyondFlows = 0
    var secretsBlocks = 0
    var lateSecrets = 0
    var dropped = 0
    var missed = MissedPackets()
    /// Drops were told behind packets that cannot be read a second time.
    var dropsAreToldLate = false
    var lostPieces = 0
    var unreached = 0
    var leftOctets = 0
    var unreadOctets = 0
    let inflatedOctets: Int
    /// Packets by link type that is not read.
    var linkTypes: [(type: UInt16, count: Int)] = []
    /// Packets of link types that found no room in one of the two.
    var furtherLinkTypes = 0
    private let listedLinkTypes: Int
    /// Packets by link type for which the filter means nothing.
    var unfiltered: [(type: UInt16, count: Int)] = []

    init(_ limits: CaptureLimits) {
        inflatedOctets = limits.inflatedOctets
        listedLinkTypes = limits.listedLinkTypes
    }

    mutating func count(linkType: UInt16) { Self.count(linkType, in: &linkTypes, &furtherLinkTypes, listedLinkTypes) }

    mutating func count(unfiltered linkType: UInt16) {
        Self.count(linkType, in: &unfiltered, &furtherLinkTypes, listedLinkTypes)
    }

    private static func count(
        _ linkType: UInt16, in list: inout [(type: UInt16, count: Int)], _ rest: inout Int, _ limit: Int
    ) {
        if let index = list.firstIndex(where: { $0.type == linkType }) {
            list[index].count += 1
        } else if list.count < limit {
            list.append((linkType, 1))
        } else {
            rest += 1
        }
    }

    /// Packets of link types that are not read.
    private var ofOtherLinks: Int { linkTypes.reduce(furtherLinkTypes) { $0 + $1.count } }

    /// Whether not one packet could be looked into, and there were some.
    /// - Parameter packets: those that were counted as read, also where their link type is none that is.
    func isAll(of packets: Int) -> Bool {
        packets <= ofOtherLinks && ofOtherLinks + unfiltered.count + timeless + unreadable > 0
    }

    mutating func count(missed packets: MissedPackets) {
        missed.byKernel &+= packets.byKernel
        missed.byInterface &+= packets.byInterface
    }

    func list(_ fragments: FragmentStore) -> [NotAnalyzed] {
        let rows: [(String, Int, String)] = [
            ("IP fragments", fragments.incomplete, "others of the same datagram are missing"),
            (
                "contradicting IP fragments", fragments.contradicting,
                "they overlap and differ, so that none can be believed (RFC 5722)"
            ),
            ("IP fragments beyond the limit", fragments.evicted, "too many unfinished datagrams at a time"),
            ("packets cut by the snapshot length", cutPackets, "what they said is not known; capture with -s 0"),
            ("packets cut inside their headers", cutHeaders, "their flow is not known; capture with -s 0"),
            ("malformed packets", malformed, "their IP, UDP or TCP header contradicts itself"),
            (
                "packets passed over", unreadable,
                "their interface is not described before them, or their block is too short"
            ),
            ("TLS connections", tlsFlows, "no keys"),
            ("TLS connections of other protocols", otherTLS, "their client offers HTTP/2 or the like, and no SIP"),
            ("TLS connections", tlsWrongKeys, "the key log's secrets do not open them"),
            ("TLS connections", tlsSuites, "their version or cipher suite is not read"),
            ("TLS and WebSocket connections", beyondLayers, "the limit of such at a time is reached"),
            ("early TLS records", earlyRecords, "0-RTT data is not decrypted"),
            ("compressed WebSocket messages", lostCompressed, "they refer to messages that were not seen or kept"),
            (
                "compressed WebSocket messages", badInflations,
                "damaged, or larger than \(inflatedOctets) octets when inflated"
            ),
            ("pieces of WebSocket streams", badFrames, "no whole frames, or frames against RFC 6455"),
            ("packets in too many tunnels", deepTunnels, "tunnels within tunnels are opened to a limit"),
            (
                "encapsulated packets", encapsulated,
                "what their tunnel carries is compressed, encrypted or not known here"
            ),
            (
                "packets mirrored by HEP", mirrored,
                "a mirror leaves keep-alives out: that there are none proves nothing"
            ),
            (
                "pieces of HEP over TCP", brokenMirrors, "no packets: what came before them was not captured"
            ),
            (
                "packets mirrored by HEP over TCP", beyondMirrored,
                "the limit of unfinished ones at a time is reached"
            ),
            (
                "compressed packets mirrored by HEP", badMirrored,
                "damaged, or larger than \(inflatedOctets) octets when decompressed"
            ),
            ("packets captured twice", duplicates, "the copy was left out"),
            ("STUN messages on flows without SIP", otherSTUN, "of ICE, TURN or the like, and no keep-alives of SIP"),
            (
                "TCP connections to the ports 5060 and 5061", unansweredSYNs,
                "no answer to their SYN was seen: a firewall drops it, the server is down, or the capture has one direction only"
            ),
            (
                "times that the capture's clock was set back", clockSteps,
                "by more than a second: intervals there cannot be told, and later times are told as if it had not been"
            ),
            (
                "packets more than a second before those in front of them", strayTimes,
                "their time was taken to be that of the packet before"
            ),
            (
                "packets without a time", timeless,
                "pcapng's Simple Packet Blocks have none: they are passed over, and flows may show gaps there"
            ),
            ("packets of further flows", beyondFlows, "the limit of flows is reached"),
            ("blocks of secrets", secretsBlocks, "no TLS key logs"),
            (
                "blocks of secrets", lateSecrets,
                "they came after packets that they may decrypt: put them in front with editcap --inject-secrets"
            ),
            (
                "packets dropped by the capture program", dropped,
                dropsAreToldLate
                    ? "it could not keep up, and told so after its packets: what flows lack may have been among them; write a file and judge all of it"
                    : "it could not keep up; flows may show gaps"
            ),
            (
                "packets dropped by the kernel", Int(clamping: missed.byKernel),
                "its buffer was full; give more with --buffer, or leave out what is no SIP with --filter"
            ),
            (
                "packets dropped by the interface", Int(clamping: missed.byInterface),
                "it or its driver had no room; flows may show gaps"
            ),
            (
                "captures read later than their time", latecomers,
                "too many overlap; merge them with mergecap before"
            ),
            (
                "packets of further link types", furtherLinkTypes,
                "link type not read, or the filter means nothing for it"
            ),
            (
                "pieces of a followed capture", lostPieces,
                "they were written over or gone before they were read; flows may show gaps"
            ),
            ("octets of captures that were begun", leftOctets, "reading was ended before them"),
            ("captures not begun", unreached, "reading was ended before their turn"),
            ("octets at a capture's end", unreadOctets, "the file is cut or damaged there"),
        ]
        let links = linkTypes.map { ("packets of link type \($0.type)", $0.count, "link type not read") }
        let others = unfiltered.map {
            ("packets of link type \($0.type)", $0.count, "the filter means nothing for this link type")
        }
        return (rows + links + others).filter { $0.1 > 0 }.map { NotAnalyzed(what: $0.0, count: $0.1, why: $0.2) }
    }
}
