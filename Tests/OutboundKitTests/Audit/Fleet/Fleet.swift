import Testing

@testable import OutboundKit

/// A made-up fleet: phones with names, addresses and habits of their own, whose events are merged by time, as a capture
/// shows them. Times are seconds.
struct Fleet {
    /// How the phones come back after the edge was lost, in seconds from then; the number is the phone's.
    typealias Wait = (Int) -> Double?

    enum Loss {
        case fin
        case rst
        /// The edge says no more; ICMP tells nobody.
        case silence
    }

    var phones = 100
    var transport = TransportProtocol.tcp
    /// The Flow-Timer in the 2xx; nil for the defaults.
    var timer: Int? = 120
    /// The first REGISTER of a phone.
    var start: (Int) -> Double
    /// A phone's next interval.
    var interval: (Int) -> Double
    /// Whether REGISTERs name an instance-id and outbound.
    var isOutbound = true
    var clientIP: (Int) -> IPAddress = { IPAddress(v4: 0x0A00_0000 + UInt32($0)) }
    /// Seconds from one refresh of the registration to the next; nil for none.
    var refresh: (Int) -> Double? = { _ in nil }
    /// When a phone loses its flow.
    var lossAt: (Int) -> Double? = { _ in nil }
    var loss = Loss.rst
    var wait: Wait = { _ in nil }
    var end: Double = 900

    private struct Item {
        let time: Double
        let flow: UInt32
        let from: FlowEvent.Direction
        let what: FlowEvent.What
        /// The phone's end.
        let client: TransportAddress
    }

    static let server = TransportAddress(ip: IPAddress(v4: 0xC633_6401), port: 5060)

    func play(into sink: inout some FlowEventSink) throws {
        var items: [Item] = []
        for phone in 0..<phones {
            let lost = lossAt(phone)
            try add(phone, flow: UInt32(phone), from: start(phone), until: lost, &items)
            guard let lost else { continue }
            if let wait = wait(phone), lost + wait < end {
                try add(phone, flow: UInt32(phones + phone), from: lost + wait, until: nil, &items)
            }
        }
        let order = items.indices.sorted { (items[$0].time, $0) < (items[$1].time, $1) }
        var opened: Set<UInt32> = []
        var frame: UInt64 = 0
        for index in order {
            let item = items[index]
            guard item.time <= end else { continue }
            frame += 1
            let time = Timestamp(nanoseconds: 1_700_000_000_000_000_000 + Int64(item.time * 1e9))
            if opened.insert(item.flow).inserted {
                let opening = FlowEvent.Opening(
                    transport: transport, client: item.client, server: Self.server,
                    kind: transport.isStream ? .handshake : .datagram)
                sink.observe(
                    FlowEvent(
                        flow: FlowID(item.flow), time: time, frame: frame, direction: .fromClient, what: .open(opening))
                )
            }
            sink.observe(
                FlowEvent(flow: FlowID(item.flow), time: time, frame: frame, direction: item.from, what: item.what))
        }
        sink.end(FlowID(0), at: Timestamp(nanoseconds: 1_700_000_000_000_000_000 + Int64(end * 1e9)))
    }

    private func add(
        _ phone: Int, flow: UInt32, from start: Double, until lost: Double?, _ items: inout [Item]
    ) throws {
        let isBack = flow >= phones
        let client = TransportAddress(ip: clientIP(phone), port: isBack ? 41_000 : 40_000)
        func item(_ time: Double, _ from: FlowEvent.Direction, _ what: FlowEvent.What) {
            items.append(Item(time: time, flow: flow, from: from, what: what, client: client))
        }
        let call = isBack ? "b\(phone)" : "a\(phone)"
        let pause = refresh(phone) ?? .infinity
        var number = 0
        while number == 0 || start + Double(number) * pause < end {
            let time = start + (number == 0 ? 0 : Double(number) * pause)
            number += 1
            item(time, .fromClient, .sip(try register(phone, client, call, number)))
            item(time + 0.02, .fromServer, .sip(try answer(phone, client, call, number)))
        }
        var time = start + interval(phone)
        let close = lost.map { loss == .silence ? $0 + 1e9 : $0 } ?? .infinity
        while time < min(end, close) {
            let isAnswered = lost.map { time < $0 } ?? true
            if transport.isStream {
                for second in [false, true] {
                    item(time, .fromClient, .crlf(completesPair: second, ownSegment: true))
                }
                if isAnswered { item(time + 0.02, .fromServer, .crlf(completesPair: false, ownSegment: true)) }
            } else {
                let id = UInt64(phone) << 32 | UInt64(time * 1000)
                item(time, .fromClient, .stun(stun(.request, id, client)))
                if isAnswered { item(time + 0.02, .fromServer, .stun(stun(.success, id, client))) }
            }
            guard isAnswered else { break }
            time += interval(phone)
        }
        if close < end { item(close, .fromServer, .close(loss == .fin ? .fin : .rst)) }
    }

    private func stun(_ kind: STUNFacts.Class, _ id: UInt64, _ client: TransportAddress) -> STUNFacts {
        STUNFacts(
            messageClass: kind, method: 1, transactionHigh: 1, transactionLow: id,
            flags: kind == .success ? [.cookie, .xorMapped] : [.cookie],
            mappedAddress: kind == .success ? client : nil, errorCode: 0)
    }

    private func register(_ phone: Int, _ client: TransportAddress, _ call: String, _ number: Int) throws -> SIPMessage
    {
        let instance =
            isOutbound
            ? ";reg-id=1;+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-\(String(100_000_000_000 + phone))>\"" : ""
        return try written(
            """
            REGISTER sip:example.com SIP/2.0\r
            Via: SIP/2.0/\(transport.description.uppercased()) \(client);branch=z9hG4bK\(call)\(number);rport\r
            To: <sip:phone\(phone)@example.com>\r
            From: <sip:phone\(phone)@example.com>;tag=1\r
            Call-ID: \(call)\r
            CSeq: \(number) REGISTER\r
            User-Agent: \(phone % 10 == 0 ? "Other 2" : "Phone 1")\r
            \(isOutbound ? "Supported: path, outbound\r\n" : "")\
            Contact: <sip:phone\(phone)@\(client)>\(instance)\r
            Expires: 3600\r
            Content-Length: 0\r
            \r

            """)
    }

    private func answer(_ phone: Int, _ client: TransportAddress, _ call: String, _ number: Int) throws -> SIPMessage {
        try written(
            """
            SIP/2.0 200 OK\r
            Via: SIP/2.0/\(transport.description.uppercased()) \(client);branch=z9hG4bK\(call)\(number);rport=1\r
            To: <sip:phone\(phone)@example.com>;tag=2\r
            Call-ID: \(call)\r
            CSeq: \(number) REGISTER\r
            \(isOutbound ? "Require: outbound\r\n" : "")\
            \(isOutbound ? timer.map { "Flow-Timer: \($0)\r\n" } ?? "" : "")\
            Content-Length: 0\r
            \r

            """)
    }

    func facts() throws -> FleetFacts {
        var ledger = FlowLedger()
        try play(into: &ledger)
        ledger.finish()
        return FleetFacts(ledger)
    }

    /// What is said of it.
    func findings() throws -> [Finding] {
        var list = FindingList()
        Judge().judge(try facts(), into: &list)
        return list.findings
    }
}

/// Numbers as a seed gives them, from 0 to 1.
final class Draws {
    private var generator: SeededGenerator
    init(_ seed: UInt64 = 7) { generator = SeededGenerator(seed: seed) }
    func next() -> Double { Double.random(in: 0...1, using: &generator) }
}
