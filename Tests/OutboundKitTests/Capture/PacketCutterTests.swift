import Foundation
import Testing

@testable import OutboundKit

/// The copies that `PacketCutter` makes: all that belongs to the chosen flows, however it was carried, and nothing else.
@Suite struct PacketCutterTests {
    private static func address(_ ip: [UInt8], _ port: UInt16) throws -> TransportAddress {
        try #require(TransportAddress("\(ip.map(String.init).joined(separator: ".")):\(port)"))
    }

    /// The copy of a capture with the flow of `CaptureBuilder`'s client, or only with what the comments are on.
    static func cut(
        _ octets: [UInt8], transport: TransportProtocol = .udp, comments: [UInt64] = [], choosesFlow: Bool = true
    ) throws -> (octets: [UInt8], packets: Int) {
        let path = FileManager.default.temporaryDirectory.appending(path: "sipob-cutter-\(UUID()).pcap")
        try Data(octets).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        let name = path.path(percentEncoded: false)
        var cutter = PacketCutter()
        if choosesFlow {
            cutter.choose(
                transport, try address(CaptureBuilder.client, CaptureBuilder.clientPort),
                try address(CaptureBuilder.server, CaptureBuilder.serverPort))
        }
        for frame in comments { cutter.comment("evidence", on: frame, near: nil) }
        var copy = cutter.head(application: "test")
        try cutter.survey(path: name)
        try cutter.cut(path: name) { copy += $0 }
        return (copy, cutter.packets)
    }

    /// The same packet of another client.
    private static func ofAnother(_ packet: [UInt8]) -> [UInt8] {
        var other = packet
        for place in 0..<max(0, other.count - 4) where Array(other[place..<place + 4]) == CaptureBuilder.client {
            other[place + 3] = 99
        }
        return other
    }

    @Test(arguments: TunnelTests.tunnels) func tunnels(_ tunnel: TunnelTests.Tunnel) throws {
        var capture = CaptureBuilder(link: tunnel.link)
        for _ in 0..<3 {
            let packet = TunnelTests.inner(&capture)
            capture.record(tunnel.wrap(Self.ofAnother(packet)))
            capture.record(tunnel.wrap(packet))
        }
        let copy = try Self.cut(capture.bytes)
        #expect(copy.packets == 3)
        let words = EventLog.words(of: copy.octets).words
        #expect(words.count { $0.contains("sip REGISTER") } == 3 && words.count { $0.contains("open") } == 1)
        #expect(EventLog.words(of: capture.bytes).words.count { $0.contains("sip REGISTER") } == 6)
        // What is evidence brings its flow, and not all that the tunnel carries.
        let evidence = try Self.cut(capture.bytes, comments: [1], choosesFlow: false)
        #expect(evidence.packets == 3)
    }

    @Test func mirrors() throws {
        let request = CaptureBuilder.sip("REGISTER")
        let stream = try #require(Hex.decode(CompressedPayload.zlib.utf8))
        for packet in [TunnelTests.hep3(request), TunnelTests.hep2(request), TunnelTests.hep3(stream, type: 16)] {
            var capture = CaptureBuilder()
            for each in [packet, Self.ofAnother(packet), packet] {
                capture.record(CaptureBuilder.ethernet(TunnelTests.udp(to: 9060, each)))
            }
            #expect(try Self.cut(capture.bytes).packets == 2)
            // In pieces, the last one first: only all of it tells whose it is.
            var datagram: [UInt8] = [0x80, 0x80, 0x23, 0x64]
            datagram.appendBig16(UInt16(8 + packet.count))
            datagram += [0, 0] + packet
            let ranges = [80..<datagram.count, 0..<80]
            let pieces = ranges.map { FragmentTests.piece($0, of: datagram) }
            let others = ranges.map { FragmentTests.piece($0, of: Self.ofAnother(datagram), identification: 8) }
            #expect(try Self.cut(FragmentTests.capture(others + pieces)).packets == 2)
        }
    }

    /// Over TCP a mirror's packets lie in a stream: all of the connection, and nothing of others.
    @Test func mirrorsOverTCP() throws {
        let packets = [
            Self.ofAnother(TunnelTests.hep3(CaptureBuilder.sip("OPTIONS"))),
            TunnelTests.hep3(CaptureBuilder.sip("REGISTER")),
        ]
        func capture(_ packets: [[UInt8]], port: UInt8) -> [[UInt8]] {
            let octets = Array(packets.joined())
            return stride(from: 0, to: octets.count, by: 100).map { start in
                let payload = Array(octets[start..<min(start + 100, octets.count)])
                var segment = CaptureBuilder.tcp(payload, fromClient: true, sequence: UInt32(1 + start))
                segment[0] = 0x80
                segment[1] = port
                return CaptureBuilder.ethernet(TunnelTests.outer(6, segment))
            }
        }
        let (mine, others) = (capture(packets, port: 1), capture([packets[0]], port: 2))
        var builder = CaptureBuilder()
        for frame in others + mine { builder.record(frame) }
        #expect(try Self.cut(builder.bytes).packets == mine.count)
    }

    @Test(arguments: FragmentTests.orders, [false, true])
    func fragments(_ order: FragmentTests.Order, isIPv6: Bool) throws {
        func pieces(_ identification: UInt16, _ datagram: [UInt8]) -> [[UInt8]] {
            order.ranges.map {
                FragmentTests.piece($0, of: datagram, isIPv6: isIPv6, identification: identification)
            }
        }
        // Another flow between the same hosts, whose pieces come in between.
        var other = FragmentTests.datagram
        other[1] = 1
        let (mine, others) = (pieces(7, FragmentTests.datagram), pieces(9, other))
        let octets = FragmentTests.capture(zip(mine, others).flatMap { [$0, $1] })
        if isIPv6 {
            // The piece that completes it stands for the datagram.
            let last = order.ranges.indices.first { index in
                Set(order.ranges[...index].joined()).count == FragmentTests.end
            }
            let evidence = try Self.cut(octets, comments: [UInt64(2 * (last ?? 0) + 1)], choosesFlow: false)
            #expect(evidence.packets == mine.count)
        } else {
            let copy = try Self.cut(octets)
            #expect(copy.packets == mine.count)
            #expect(EventLog.words(of: copy.octets).words.contains("f1 C sip REGISTER"))
        }
    }

    /// With flows over TLS, and no others, go the secrets.
    @Test func secrets() throws {
        let fixture = Array(
            try Data(contentsOf: TruthTests.fixtures.appending(path: "bs_tls_ft15_keys_in_file.pcapng")))
        let whole = EventLog.words(of: fixture)
        #expect(whole.words.contains { $0.contains("open tls") })
        let path = FileManager.default.temporaryDirectory.appending(path: "sipob-cutter-\(UUID()).pcapng")
        try Data(fixture).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        let name = path.path(percentEncoded: false)
        var audit = CaptureAudit()
        try audit.read(path: name)
        let flows = audit.finish().ledger.flows
        let secure = try #require(flows.first { $0.transport == .tls })
        for transport in [TransportProtocol.tls, .tcp] {
            var cutter = PacketCutter()
            cutter.choose(transport, secure.client, secure.server)
            var copy = cutter.head(application: "test")
            try cutter.survey(path: name)
            try cutter.cut(path: name) { copy += $0 }
            let words = EventLog.words(of: copy).words
            #expect(words.contains { $0.contains("sip REGISTER") } == (transport == .tls))
            #expect(cutter.packets > 0 && cutter.droppedSecrets == 0)
        }
    }
}
