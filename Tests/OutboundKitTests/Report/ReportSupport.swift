import Foundation
import FoundationXML

@testable import OutboundKit

/// Audits to print: made-up flows judged by the real rules, and names as hostile as the wire allows.
enum SampleAudit {
    static let hostileName = "<script>alert(1)</script>\"'&|`*_[x](y)\u{202E}=cmd"
    static let run = ReportRun(
        command: "pcap-audit", version: "0.1.0", started: Timestamp(seconds: 1_700_000_000), duration: 1_250_000_000,
        sources: ["a<b>.pcap"])

    /// One flow that keeps everything, one whose keep-alives come late, one that ends in a missed pong, one that is
    /// punctual to the second.
    static let timelines: [Timeline] = {
        let good = Timeline.tcp(Timeline.registered(timer: 20) + Timeline.pings([17, 34, 52.5, 69, 88, 105.3, 123]))
        var late = Timeline.tcp(Timeline.registered(timer: 20) + Timeline.pings([17, 47, 64, 95]))
        late.flow = 1
        late.clientPort = 40_001
        var missed = Timeline.tcp(
            Timeline.registered(timer: 20) + Timeline.pings([17, 34]) + [(51, .ping), (68, .ping), (95, .options)])
        missed.flow = 2
        missed.clientPort = 40_002
        var punctual = Timeline.tcp(
            Timeline.registered(timer: 20) + Timeline.pings((1...8).map { Double($0) * 18 }))
        punctual.flow = 3
        punctual.clientPort = 40_003
        return [good, late, missed, punctual]
    }()

    static func sink(_ timelines: [Timeline] = timelines, hostile: Bool = false) throws -> AuditSink {
        var sink = AuditSink(timelines: .allFlows)
        for timeline in timelines { try timeline.play(into: &sink) }
        if hostile { try playHostile(into: &sink, flow: 77) }
        sink.finish()
        return sink
    }

    static func report(
        _ sink: AuditSink, keeping: FindingList.Keeping = .all, strict: Bool = false, flow: FlowID? = nil
    ) -> AuditReport {
        var filter = AuditFilter()
        filter.flows = flow.map { [$0] }
        return AuditReport(
            ledger: sink.ledger, findings: Judge().judge(sink.ledger, keeping: keeping),
            notAnalyzed: [NotAnalyzed(what: "things <i>", count: 2, why: "a | b")], packets: 123, filter: filter,
            strict: strict)
    }

    /// A phone that calls itself things that would be markup, formulas or table cells elsewhere. Its keep-alives are
    /// late, so that it has findings.
    static func playHostile(into sink: inout some FlowEventSink, flow: UInt32) throws {
        let id = FlowID(flow)
        let client = TransportAddress(ip: IPAddress(v4: 0xC000_0209), port: 4000)
        let server = TransportAddress(ip: IPAddress(v4: 0xC633_6401), port: 5060)
        func event(_ time: Double, _ direction: FlowEvent.Direction, _ what: FlowEvent.What) {
            sink.observe(
                FlowEvent(
                    flow: id, time: Timestamp(seconds: time), frame: 9, direction: direction, what: what))
        }
        event(0, .fromClient, .open(.init(transport: .tcp, client: client, server: server, kind: .handshake)))
        let common = "Call-ID: h\r\nCSeq: 1 REGISTER\r\nTo: <sip:%3Cb%3E'&amp@example.com>\r\nContent-Length: 0\r\n"
        let instance = "+sip.instance=\"<urn:x:'>&<img src=x onerror=alert(1)>\""
        event(
            1, .fromClient,
            .sip(
                try written(
                    "REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=z9hG4bKh\r\nFrom: <sip:a@b>;tag=1\r\n"
                        + common + "Supported: outbound, path\r\nUser-Agent: \(hostileName)\r\n"
                        + "Contact: <sip:a@192.0.2.9:4000>;reg-id=1;\(instance)\r\n\r\n")))
        event(
            1.1, .fromServer,
            .sip(
                try written(
                    "SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP a;branch=z9hG4bKh\r\nFrom: <sip:a@b>;tag=1\r\n" + common
                        + "Require: outbound\r\nFlow-Timer: 20\r\nExpires: 600\r\n\r\n")))
        for time in [40.0, 80, 120] {
            event(time, .fromClient, .crlf(completesPair: true, ownSegment: true))
            event(time + 0.1, .fromServer, .crlf(completesPair: false, ownSegment: true))
        }
    }
}

/// Reads XML with a parser that is not ours.
final class XMLTree: NSObject, XMLParserDelegate {
    struct Element {
        let name: String
        let attributes: [String: String]
        var text = ""
        var children: [Element] = []

        func all(_ name: String) -> [Element] {
            (self.name == name ? [self] : []) + children.flatMap { $0.all(name) }
        }
    }

    private var open = [Element(name: "", attributes: [:])]

    static func parse(_ octets: [UInt8]) throws -> Element {
        let tree = XMLTree()
        let parser = XMLParser(data: Data(octets))
        parser.delegate = tree
        guard parser.parse(), tree.open.count == 1 else { throw parser.parserError ?? CocoaError(.fileReadCorruptFile) }
        return tree.open[0]
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String] = [:]
    ) {
        open.append(Element(name: name, attributes: attributes))
    }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        let element = open.removeLast()
        open[open.count - 1].children.append(element)
    }

    func parser(_ parser: XMLParser, foundCharacters text: String) { open[open.count - 1].text += text }
}

extension AuditDocument {
    /// The whole document.
    var octets: [UInt8] {
        var octets: [UInt8] = []
        write { octets += $0 }
        return octets
    }

    var text: String { String(decoding: octets, as: UTF8.self) }
}
