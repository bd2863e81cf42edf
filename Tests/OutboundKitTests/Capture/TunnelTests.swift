import Testing

@testable import OutboundKit

/// Packets within packets: the inner one is judged, with its own addresses.
@Suite struct TunnelTests {
    /// What is put around an IPv4 packet.
    struct Tunnel: Sendable, CustomTestStringConvertible {
        let name: String
        var link: UInt32 = 1
        let wrap: @Sendable ([UInt8]) -> [UInt8]
        var testDescription: String { name }
    }

    static func outer(_ upper: UInt8, _ payload: [UInt8]) -> [UInt8] {
        var packet: [UInt8] = [0x45, 0]
        packet.appendBig16(UInt16(20 + payload.count))
        return packet + [0, 0, 0, 0, 64, upper, 0, 0, 198, 51, 100, 1, 203, 0, 113, 9] + payload
    }

    static func udp(to port: UInt16, _ payload: [UInt8]) -> [UInt8] {
        var datagram: [UInt8] = [0x80, 0x80]
        datagram.appendBig16(port)
        datagram.appendBig16(UInt16(8 + payload.count))
        return outer(17, datagram + [0, 0] + payload)
    }

    static func ethernet(_ packet: [UInt8], _ type: UInt16 = 0x0800) -> [UInt8] {
        CaptureBuilder.ethernet(packet, type: type)
    }

    static func gre(_ head: [UInt8], _ payload: [UInt8]) -> [UInt8] { ethernet(outer(47, head + payload)) }

    static func pppoe(_ payload: [UInt8]) -> [UInt8] {
        var header: [UInt8] = [0x11, 0, 0, 1]
        header.appendBig16(UInt16(payload.count))
        return header + payload
    }

    static func gtp(_ flags: UInt8, _ payload: [UInt8]) -> [UInt8] {
        var header: [UInt8] = [flags, 0xFF]
        header.appendBig16(UInt16(payload.count))
        return ethernet(udp(to: 2152, header + [0, 0, 0, 7] + payload))
    }

    static let nothing4: [UInt8] = [0, 0, 0, 0]

    static let tunnels: [Tunnel] = [
        Tunnel(name: "PPPoE") { ethernet(pppoe([0, 0x21] + $0), 0x8864) },
        Tunnel(name: "PPPoE with a short protocol") { ethernet(pppoe([0x21] + $0), 0x8864) },
        Tunnel(name: "MPLS") { ethernet([0, 0, 0x10, 64, 0, 1, 0x11, 64] + $0, 0x8847) },
        Tunnel(name: "MPLS pseudowire") { ethernet([0, 1, 0x11, 64] + nothing4 + ethernet($0), 0x8847) },
        Tunnel(name: "PPP", link: 9) { [0xFF, 3, 0, 0x21] + $0 },
        Tunnel(name: "PPPoE alone", link: 51) { pppoe([0, 0x21] + $0) },
        Tunnel(name: "ENC", link: 109) { [2, 0, 0, 0] + nothing4 + nothing4 + $0 },
        Tunnel(name: "GRE") { gre([0, 0, 8, 0], $0) },
        Tunnel(name: "GRE, checksum, key, sequence") {
            gre([0xB0, 0, 8, 0] + nothing4 + nothing4 + nothing4, $0)
        },
        Tunnel(name: "GRE with Ethernet") { gre([0x20, 0, 0x65, 0x58] + nothing4, ethernet($0)) },
        Tunnel(name: "ERSPAN I") { gre([0, 0, 0x88, 0xBE], ethernet($0)) },
        Tunnel(name: "ERSPAN II") {
            gre([0x10, 0, 0x88, 0xBE] + nothing4 + [0x10, 1, 0, 1] + nothing4, ethernet($0))
        },
        Tunnel(name: "ERSPAN III") {
            gre([0x10, 0, 0x22, 0xEB] + nothing4 + [0x20, 1, 0, 1] + nothing4 + nothing4, ethernet($0))
        },
        Tunnel(name: "IP in IP") { ethernet(outer(4, $0)) },
        Tunnel(name: "IP in IPv6") { ethernet(PacketLayerTests.ipv6(4, $0), 0x86DD) },
        Tunnel(name: "VXLAN") { ethernet(udp(to: 4789, [8, 0, 0, 0, 0, 0, 5, 0] + ethernet($0))) },
        Tunnel(name: "VXLAN on Linux's port, tagged inside") {
            ethernet(udp(to: 8472, [8, 0, 0, 0, 0, 0, 5, 0] + CaptureBuilder.ethernet($0, tags: [0x8100])))
        },
        Tunnel(name: "PPTP") { gre([0x30, 1, 0x88, 0x0B] + nothing4 + nothing4, [0xFF, 3, 0, 0x21] + $0) },
        Tunnel(name: "PPTP with an acknowledgement") {
            gre([0x30, 0x81, 0x88, 0x0B] + nothing4 + nothing4 + nothing4, [0x21] + $0)
        },
        Tunnel(name: "Geneve with Ethernet") {
            ethernet(udp(to: 6081, [0, 0, 0x65, 0x58, 0, 0, 5, 0] + ethernet($0)))
        },
        Tunnel(name: "Geneve with options and IP") {
            ethernet(udp(to: 6081, [4, 0x40, 8, 0, 0, 0, 5, 0] + [1, 2, 0, 3] + nothing4 + nothing4 + nothing4 + $0))
        },
        Tunnel(name: "GTP-U") { gtp(0x30, $0) },
        Tunnel(name: "GTP-U with a sequence number") { gtp(0x32, nothing4 + $0) },
        Tunnel(name: "GTP-U of 5G, with an extension header") { gtp(0x34, [0, 0, 0, 0x85] + [1, 0, 9, 0] + $0) },
        Tunnel(name: "TZSP") {
            ethernet(udp(to: 37008, [1, 0, 0, 1] + [0, 13, 2, 5, 6] + [1] + ethernet($0)))
        },
        Tunnel(name: "GRE in IP in IP in VXLAN") {
            ethernet(udp(to: 4789, [8, 0, 0, 0, 0, 0, 5, 0] + gre([0, 0, 8, 0], outer(4, $0))))
        },
    ]

    static func inner(_ capture: inout CaptureBuilder) -> [UInt8] {
        let datagram = CaptureBuilder.udp(CaptureBuilder.sip("REGISTER"), fromClient: true)
        return capture.ipv4(17, datagram, fromClient: true)
    }

    @Test(arguments: tunnels)
    func opened(_ tunnel: Tunnel) {
        var capture = CaptureBuilder(link: tunnel.link)
        let packet = Self.inner(&capture)
        capture.record(tunnel.wrap(packet))
        let (words, notAnalyzed, _) = EventLog.words(of: capture.bytes)
        #expect(
            words == [
                "f1 C open udp 192.0.2.10:40000 192.0.2.1:5060 datagram", "f1 C sip REGISTER", "f1 end",
            ])
        #expect(notAnalyzed.isEmpty)
        // Cut anywhere: nothing traps, and nothing is made up.
        let frame = tunnel.wrap(packet)
        for length in 0..<frame.count {
            var cut = CaptureBuilder(link: tunnel.link)
            cut.record(frame, captured: length)
            #expect(!EventLog.words(of: cut.bytes).words.contains("f1 C sip REGISTER"))
        }
    }

    /// Headers of tunnels with anything in them, and anything behind them: nothing traps, and nobody speaks SIP in it.
    @Test func anythingInTunnels() {
        var random = SeededGenerator(seed: 6081)
        let heads: [(UInt16, [UInt8])] = [
            (4789, [8, 0, 0, 0]), (6081, [0, 0, 0x65, 0x58]), (6081, [13, 0, 8, 0]), (6081, [63, 0xC0, 0x86, 0xDD]),
            (2152, [0x30, 0xFF]), (2152, [0x34, 0xFF]), (2152, [0x37, 0xFF]), (37008, [1, 0, 0, 1]),
            (37008, [1, 1, 0, 1]),
        ]
        var capture = CaptureBuilder()
        for _ in 0..<20_000 {
            guard let (port, head) = heads.randomElement(using: &random) else { continue }
            let limit = Bool.random(using: &random) ? UInt8.max : 3
            let rest = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                UInt8.random(in: 0...limit, using: &random)
            }
            capture.record(Self.ethernet(Self.udp(to: port, head + rest)))
        }
        for _ in 0..<5000 {
            let key = UInt8.random(in: 0...255, using: &random)
            let rest = (0..<Int.random(in: 0...20, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random)
            }
            capture.record(Self.gre([key & 0xB0, key & 0x80 | 1, 0x88, 0x0B], rest))
        }
        #expect(EventLog.words(of: capture.bytes).words.isEmpty)
    }

    /// What begins like a tunnel's packet and goes to no tunnel's port is left alone, on a flow and off it.
    @Test func otherPorts() {
        var capture = CaptureBuilder()
        for (_, head) in [(4789, [8, 0, 0, 0]), (2152, [0x30, 0xFF, 0, 0]), (6081, [0, 0, 8, 0])] as [(Int, [UInt8])] {
            let payload = head + Self.nothing4 + Self.inner(&capture)
            capture.record(Self.ethernet(Self.udp(to: 5060, payload)))
        }
        let (words, notAnalyzed, _) = EventLog.words(of: capture.bytes)
        #expect(words.isEmpty && notAnalyzed.isEmpty)
    }

    @Test func sixInFour() {
        var capture = CaptureBuilder()
        let datagram = CaptureBuilder.udp(CaptureBuilder.sip("REGISTER"), fromClient: true)
        capture.record(Self.ethernet(Self.outer(41, PacketLayerTests.ipv6(17, datagram))))
        #expect(EventLog.words(of: capture.bytes).words.contains("f1 C sip REGISTER"))
    }

    /// The outer packet in pieces, and the inner one.
    @Test func fragmentsAndTunnels() {
        var capture = CaptureBuilder()
        let whole = Self.inner(&capture)
        for range in [0..<160, 160..<whole.count] {
            capture.record(Self.ethernet(FragmentTests.piece(range, of: whole, upper: 4)))
        }
        let datagram = CaptureBuilder.udp(CaptureBuilder.sip("OPTIONS"), fromClient: true)
        for range in [0..<160, 160..<datagram.count] {
            capture.record(Self.ethernet(Self.outer(4, FragmentTests.piece(range, of: datagram, identification: 9))))
        }
        let (words, notAnalyzed, _) = EventLog.words(of: capture.bytes)
        #expect(words.dropFirst() == ["f1 C sip REGISTER", "f1 C sip OPTIONS", "f1 end"])
        #expect(notAnalyzed.isEmpty)
    }

    @Test func nestedToTheLimit() {
        for (depth, isOpened) in [(4, true), (5, false), (50, false)] {
            var ip = CaptureBuilder()
            var vxlan = CaptureBuilder()
            var (first, second) = (Self.inner(&ip), Self.inner(&vxlan))
            for _ in 0..<depth {
                first = Self.outer(4, first)
                second = Self.udp(to: 4789, [8, 0, 0, 0, 0, 0, 5, 0] + Self.ethernet(second))
            }
            ip.record(Self.ethernet(first))
            vxlan.record(Self.ethernet(second))
            for capture in [ip, vxlan] {
                let (words, notAnalyzed, _) = EventLog.words(of: capture.bytes)
                #expect(words.contains("f1 C sip REGISTER") == isOpened)
                #expect(notAnalyzed.map(\.what) == (isOpened ? [] : ["packets in too many tunnels"]))
            }
        }
    }

    // MARK: HEP

    static func chunk(_ type: UInt16, _ value: [UInt8]) -> [UInt8] {
        var chunk: [UInt8] = [0, 0]
        chunk.appendBig16(type)
        chunk.appendBig16(UInt16(6 + value.count))
        return chunk + value
    }

    static func hep3(
        _ payload: [UInt8], upper: UInt8 = 17, fromClient: Bool = true, kind: UInt8 = 1, type: UInt16 = 15
    ) -> [UInt8] {
        let ends = [CaptureBuilder.client, CaptureBuilder.server]
        let ports: [[UInt8]] = [[0x9C, 0x40], [0x13, 0xC4]]
        var body = chunk(1, [2]) + chunk(2, [upper])
        body += chunk(3, ends[fromClient ? 0 : 1]) + chunk(4, ends[fromClient ? 1 : 0])
        body += chunk(7, ports[fromClient ? 0 : 1]) + chunk(8, ports[fromClient ? 1 : 0])
        body +=
            chunk(9, [0, 0x0F, 0x42, 0x41]) + chunk(10, [0, 0, 0, 5]) + chunk(11, [kind]) + chunk(12, [0, 0, 0, 1])
        body += chunk(type, payload)
        var packet = Array("HEP3".utf8)
        packet.appendBig16(UInt16(6 + body.count))
        return packet + body
    }

    static func hep2(_ payload: [UInt8]) -> [UInt8] {
        [2, 28, 2, 17, 0x9C, 0x40, 0x13, 0xC4] + CaptureBuilder.client + CaptureBuilder.server
            + [0x41, 0x42, 0x0F, 0, 5, 0, 0, 0, 1, 0, 0, 0] + payload
    }

    static func mirrored(_ packets: [[UInt8]]) -> (words: [String], notAnalyzed: [NotAnalyzed]) {
        var capture = CaptureBuilder()
        for packet in packets { capture.record(ethernet(udp(to: 9060, packet))) }
        let (words, notAnalyzed, _) = EventLog.words(of: capture.bytes)
        return (words, notAnalyzed)
    }

    @Test func mirroredDatagrams() {
        let request = CaptureBuilder.sip("REGISTER")
        for packet in [Self.hep3(request), Self.hep2(request)] {
            let (words, notAnalyzed) = Self.mirrored([packet])
            #expect(
                words == [
                    "f1 C open udp 192.0.2.10:40000 192.0.2.1:5060 datagram", "f1 C sip REGISTER", "f1 C gap ?",
                    "f1 end",
                ])
            #expect(notAnalyzed.map(\.what) == ["packets mirrored by HEP"])
        }
        #expect(Self.mirrored([Self.hep3(Array("a log line".utf8), kind: 100)]).words.isEmpty)
    }

    /// Chunk 16: `zlib.compress` and `gzip.compress` of Python made these of one message.
    @Test func compressedPayloads() throws {
        let request = try #require(Hex.decode(CompressedPayload.request.utf8))
        for (name, text) in [("zlib", CompressedPayload.zlib), ("gzip", CompressedPayload.gzip)] {
            let stream = try #require(Hex.decode(text.utf8))
            let (words, notAnalyzed) = Self.mirrored([Self.hep3(stream, type: 16)])
            #expect(
                words == Self.mirrored([Self.hep3(request)]).words && words.contains("f1 C sip REGISTER"), "\(name)")
            #expect(notAnalyzed.map(\.what) == ["packets mirrored by HEP"])
            // Cut, and with anything in it.
            for length in 0..<stream.count {
                #expect(Self.mirrored([Self.hep3(Array(stream[..<length]), type: 16)]).words.isEmpty)
            }
            for place in stream.indices {
                var changed = stream
                changed[place] ^= 0x55
                _ = Self.mirrored([Self.hep3(changed, type: 16)])
            }
            let more = Self.mirrored([Self.hep3(stream + [1], type: 16)])
            #expect(more.words.isEmpty)
            #expect(more.notAnalyzed.map(\.what) == ["compressed packets mirrored by HEP"])
        }
    }

    /// What becomes larger than a datagram can be is left closed.
    @Test(.enabled(if: ShellTool.has("gzip"), "gzip is not installed"))
    func bombs() throws {
        let bomb = try DecompressionTests.compressed("gzip", [UInt8](repeating: 32, count: 4 << 20))
        let (words, notAnalyzed) = Self.mirrored([Self.hep3(bomb, type: 16)])
        #expect(words.isEmpty && notAnalyzed.map(\.what) == ["compressed packets mirrored by HEP"])
        #expect(notAnalyzed.first?.why.contains("65536") == true)
    }

    @Test func mirroredStream() {
        let answer = Array("SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP 192.0.2.10\r\nContent-Length: 0\r\n\r\n".utf8)
        let (words, _) = Self.mirrored([
            Self.hep3(CaptureBuilder.sip("REGISTER"), upper: 6), Self.hep3(answer, upper: 6, fromClient: false),
            Self.hep3(CaptureBuilder.sip("OPTIONS"), upper: 6),
        ])
        #expect(
            words == [
                "f1 C open tcp 192.0.2.10:40000 192.0.2.1:5060 midstream", "f1 C sip REGISTER", "f1 C gap ?",
                "f1 S sip 200", "f1 S gap ?", "f1 C sip OPTIONS", "f1 C gap ?", "f1 end",
            ])
    }

    /// What the siptrace module of Kamailio 5.6.3 mirrored of two registrations, one over UDP and one over TCP.
    @Test(arguments: ["kamailio-5.6.3-hep2.pcap", "kamailio-5.6.3-hep3.pcap"])
    func realMirror(_ file: String) throws {
        let (words, notAnalyzed, error) = EventLog.words(of: try VectorFiles.bytes("HEP/" + file))
        #expect(error == nil)
        #expect(words.filter { $0.contains("open udp 127.0.0.1:") || $0.contains("open tcp 127.0.0.1:") }.count == 2)
        #expect(
            words.filter { $0.contains("sip") } == [
                "f1 C sip REGISTER", "f1 S sip 200", "f2 C sip REGISTER", "f2 S sip 200",
            ])
        #expect(notAnalyzed.map(\.count) == [4])
    }

    /// A second opinion: tshark finds the same message in each frame.
    @Test(.enabled(if: TShark.program != nil, "tshark is not installed"))
    func tsharkAgrees() throws {
        let scratch = try CaptureScratch()
        for link in Set(Self.tunnels.map(\.link)) {
            var capture = CaptureBuilder(link: link)
            let tunnels = Self.tunnels.filter { $0.link == link }
            for tunnel in tunnels { capture.record(tunnel.wrap(Self.inner(&capture))) }
            let path = try scratch.write(capture.bytes, "link\(link).pcap")
            let output = try ShellTool.run(
                "tshark",
                ["-n", "-r", path, "-d", "udp.port==8472,vxlan", "-Y", "sip.Method == \"REGISTER\""]
                    + ["-T", "fields", "-e", "frame.number"])
            let frames = String(decoding: output, as: UTF8.self).split(separator: "\n").compactMap { Int($0) }
            let missing = tunnels.indices.filter { !frames.contains($0 + 1) }.map { tunnels[$0].name }
            #expect(missing == [], "link type \(link)")
        }
    }

    @Test func damagedMirrors() {
        let packet = Self.hep3(CaptureBuilder.sip("REGISTER"))
        for length in 16..<packet.count {
            #expect(Self.mirrored([Array(packet[..<length])]).words.isEmpty)
        }
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<500 {
            var changed = packet
            for _ in 0..<3 {
                changed[Int.random(in: 4..<120, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            _ = Self.mirrored([changed])
        }
    }
}
