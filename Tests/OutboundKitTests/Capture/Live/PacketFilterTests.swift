import Testing

@testable import OutboundKit

/// Filters in libpcap's language, with tcpdump as second opinion.
@Suite struct PacketFilterTests {
    static let files = [
        "bs_rotated_all.pcap", "bs_tcp_udp_ft30_nano.pcapng", "bs_udp_ft20_sll.pcap", "lin_tcp_ft20_rawip.pcap",
        "lin_tcp_ft20_vlan.pcap", "bs_snaplen96.pcap",
    ]

    @Test(arguments: files, ["udp", "tcp[tcpflags] & tcp-push != 0", "port 5060 or greater 400", "vlan and tcp"])
    func agreesWithTcpdump(_ file: String, _ filter: String) throws {
        try #require(ShellTool.has("tcpdump"))
        let path = RealCaptureTests.path(file)
        let words = String(decoding: try ShellTool.run("tcpdump", ["-r", path, "--count", filter]), as: UTF8.self)
        // tcpdump says nothing where the filter means nothing for the link type.
        let theirs = words.split(separator: " ").first.flatMap { Int($0) } ?? 0
        var audit = CaptureAudit(filter: try PacketFilter(filter))
        try audit.read(path: path)
        let ours = audit.finish()
        #expect(ours.statistics.packets == theirs)
        var whole = CaptureAudit()
        try whole.read(path: path)
        let passedOver = ours.notAnalyzed.first { $0.why.contains("the filter means nothing") }?.count ?? 0
        let all = whole.finish().statistics.packets
        #expect(ours.statistics.packets + ours.statistics.leftOut + passedOver == all)
    }

    /// Packets keep the numbers that the file gives them, and those that pass the events that they have without a filter.
    private struct Frames: FlowEventSink {
        var list: [String] = []
        mutating func observe(_ event: borrowing FlowEvent) {
            list.append("\(event.frame) \(event.time.nanoseconds) \(EventLog.word(event.what))")
        }
        mutating func end(_ flow: FlowID, at: Timestamp) {}
    }

    @Test func numbersStay() throws {
        let path = RealCaptureTests.path("bs_tcp_udp_ft30_nano.pcap")
        var whole = CapturePipeline(sink: Frames())
        try whole.read(path: path)
        var part = CapturePipeline(sink: Frames(), filter: try PacketFilter("udp"))
        try part.read(path: path)
        #expect(!part.sink.list.isEmpty && part.sink.list.count < whole.sink.list.count)
        #expect(Set(part.sink.list).isSubset(of: whole.sink.list))
    }

    @Test func meansNothingForALinkType() throws {
        var audit = CaptureAudit(filter: try PacketFilter("ether multicast"))
        try audit.read(path: RealCaptureTests.path("lin_tcp_ft20_rawip.pcap"))
        let seen = audit.finish()
        #expect(seen.statistics.packets == 0)
        #expect(seen.notAnalyzed.map(\.what) == ["packets of link type 101"])
    }

    /// A capture that names every link type there can be costs no more than others.
    @Test(arguments: [nil, "ether multicast"])
    func manyLinkTypes(_ filter: String?) throws {
        var octets = CaptureBuilder.littleEndian([0x0A0D_0D0A, 28, 0x1A2B_3C4D, 1, .max, .max, 28])
        for link in UInt32(2000)..<2300 { octets += CaptureBuilder.littleEndian([1, 20, link, 0, 20]) }
        for interface in UInt32(0)..<300 {
            octets += CaptureBuilder.littleEndian([6, 36, interface, 0, 1, 4, 4, 0, 36])
        }
        var pipeline = CapturePipeline(sink: EventLog(), filter: try filter.map(PacketFilter.init))
        #expect(pipeline.feedAll([octets]) == nil)
        let rows = pipeline.notAnalyzed
        #expect(rows.count == 65 && rows.map(\.count).reduce(0, +) == 300)
        #expect(rows.contains { $0.what == "packets of further link types" && $0.count == 236 })
    }

    @Test(arguments: ["udp and", "port sip5060", "((((", "host 1.2.3.4.5"])
    func wrong(_ text: String) {
        let problem = #expect(throws: PcapProblem.self) { try PacketFilter(text) }
        #expect(problem?.code == .filter)
        #expect(problem?.description.hasPrefix("--filter '\(text)': ") == true)
    }

    @Test func withoutLibrary() {
        let problem = #expect(throws: PcapProblem.self) { try PcapLibrary(names: ["libnothing-of-this-name.so.7"]) }
        #expect(problem?.description.contains("apt install libpcap0.8") == true)
        // Another library is there, and is no libpcap.
        let other = #expect(throws: PcapProblem.self) { try PcapLibrary(names: ["libc.so.6"]) }
        #expect(other?.description.contains("too old") == true)
    }

    /// pcap_activate's numbers, as its manual gives them.
    @Test(arguments: [(-8, "setcap"), (-5, "there are any, "), (-9, "ip link set"), (-1, "its own words"), (-6, "-6")])
    func refusals(_ status: Int32, _ words: String) {
        let problem = LiveCapture.refusal(status, "eth7", words: status == -1 ? "its own words" : "")
        #expect(problem.description.contains(words) && problem.description.contains("eth7"))
    }
}
