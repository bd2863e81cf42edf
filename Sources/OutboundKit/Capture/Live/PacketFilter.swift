/// A filter in the language of libpcap (pcap-filter(7)).
public final class PacketFilter: Sendable {
    public let text: String
    let library: PcapLibrary

    /// - Throws: `.library`; `.filter` when it means nothing for any of the usual link types, with libpcap's words.
    public init(_ text: String) throws(PcapProblem) {
        self.text = text
        library = try PcapLibrary()
        var words: String?
        // `ether host …` is nothing for raw IP, and `inbound` nothing for Ethernet.
        for link in Self.usualLinks {
            var problem = ""
            if let program = unsafe library.compile(text, link: link, problem: &problem) {
                unsafe library.free(program)
                return
            }
            words = words ?? problem
        }
        throw PcapProblem(.filter, "--filter '\(text)': \(words ?? "no reason given")")
    }

    /// Ethernet, whose words for what is wrong are given, cooked, raw, and IEEE 802.11.
    private static let usualLinks: [UInt16] = [
        LinkLayer.LinkType.ethernet, LinkLayer.LinkType.linuxCooked, LinkLayer.LinkType.raw[0], 105,
    ]
}
