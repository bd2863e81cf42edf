@testable import OutboundKit

/// Writes small captures for tests: Ethernet, IPv4, UDP and TCP between a client and a server, in pcap.
struct CaptureBuilder {
    static let client: [UInt8] = [192, 0, 2, 10]
    static let server: [UInt8] = [192, 0, 2, 1]
    static let clientPort: UInt16 = 40_000
    static let serverPort: UInt16 = 5060

    private(set) var bytes: [UInt8] = []
    private var identification: UInt16 = 0
    var milliseconds = 0

    init(link: UInt32 = 1) {
        bytes = Self.littleEndian([0xA1B2_C3D4, 0x0004_0002, 0, 0, 65_535, link])
    }

    static func littleEndian(_ words: [UInt32]) -> [UInt8] {
        words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(8 * $0)) } }
    }

    mutating func record(_ frame: [UInt8], captured: Int? = nil) {
        let kept = frame.prefix(captured ?? frame.count)
        let seconds = UInt32(1_000_000 + milliseconds / 1000)
        bytes += Self.littleEndian([
            seconds, UInt32(milliseconds % 1000 * 1000), UInt32(kept.count), UInt32(frame.count),
        ])
        bytes += kept
        milliseconds += 10
    }

    static func ethernet(_ packet: [UInt8], type: UInt16 = 0x0800, tags: [UInt16] = []) -> [UInt8] {
        var frame = [UInt8](repeating: 2, count: 12)
        for tag in tags {
            frame.appendBig16(tag)
            frame.appendBig16(100)
        }
        frame.appendBig16(type)
        return frame + packet
    }

    mutating func ipv4(
        _ upper: UInt8, _ payload: [UInt8], fromClient: Bool, fragment: UInt16 = 0, options: [UInt8] = []
    ) -> [UInt8] {
        identification &+= 1
        var packet: [UInt8] = [0x45 + UInt8(options.count / 4), 0]
        packet.appendBig16(UInt16(20 + options.count + payload.count))
        packet.appendBig16(identification)
        packet.appendBig16(fragment)
        packet += [64, upper, 0, 0]
        packet += fromClient ? Self.client + Self.server : Self.server + Self.client
        return packet + options + payload
    }

    static func udp(_ payload: [UInt8], fromClient: Bool) -> [UInt8] {
        var datagram: [UInt8] = []
        datagram.appendBig16(fromClient ? clientPort : serverPort)
        datagram.appendBig16(fromClient ? serverPort : clientPort)
        datagram.appendBig16(UInt16(8 + payload.count))
        datagram.appendBig16(0)
        return datagram + payload
    }

    static func tcp(
        _ payload: [UInt8], fromClient: Bool, sequence: UInt32, acknowledgement: UInt32 = 0, flags: UInt8 = 0x18
    ) -> [UInt8] {
        var segment: [UInt8] = []
        segment.appendBig16(fromClient ? clientPort : serverPort)
        segment.appendBig16(fromClient ? serverPort : clientPort)
        segment.appendBig32(sequence)
        segment.appendBig32(acknowledgement)
        segment += [0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0]
        return segment + payload
    }

    mutating func datagram(_ payload: [UInt8], fromClient: Bool = true, captured: Int? = nil) {
        let packet = ipv4(17, Self.udp(payload, fromClient: fromClient), fromClient: fromClient)
        record(Self.ethernet(packet), captured: captured)
    }

    mutating func segment(
        _ payload: [UInt8], fromClient: Bool = true, sequence: UInt32, acknowledgement: UInt32 = 0,
        flags: UInt8 = 0x18, captured: Int? = nil
    ) {
        let segment = Self.tcp(
            payload, fromClient: fromClient, sequence: sequence, acknowledgement: acknowledgement, flags: flags)
        record(Self.ethernet(ipv4(6, segment, fromClient: fromClient)), captured: captured)
    }

    /// SYN, SYN and ACK: the client's first octet is at `clientStart`, the server's at `serverStart`.
    mutating func handshake(clientStart: UInt32 = 1001, serverStart: UInt32 = 5001) {
        segment([], sequence: clientStart &- 1, flags: 0x02)
        segment([], fromClient: false, sequence: serverStart &- 1, acknowledgement: clientStart, flags: 0x12)
    }

    static func sip(_ method: String, body: String = "") -> [UInt8] {
        Array(
            """
            \(method) sip:example.com SIP/2.0\r
            Via: SIP/2.0/TCP 192.0.2.10;branch=z9hG4bK\(method)\r
            From: <sip:a@example.com>;tag=1\r
            To: <sip:a@example.com>\r
            Call-ID: \(method)\r
            CSeq: 1 \(method)\r
            Content-Length: \(body.utf8.count)\r
            \r
            \(body)
            """.utf8)
    }

    static let ping: [UInt8] = [13, 10, 13, 10]
    static let pong: [UInt8] = [13, 10]
}

/// Writes events down as short words, which tests compare.
struct EventLog: FlowEventSink {
    var words: [String] = []
    var times: [FlowID: [Timestamp]] = [:]
    /// Whose messages came in several segments: the other events do not depend on that.
    var begun: [String] = []

    mutating func observe(_ event: borrowing FlowEvent) {
        // Every WebSocket that is in order begins with it.
        if case .webSocketHandshake(offersSIP: true, grantsSIP: true) = event.what { return }
        let end = event.direction == .fromClient ? "C" : "S"
        times[event.flow, default: []].append(event.time)
        if case .beginsSIP = event.what { return begun.append("\(event.flow) \(end)") }
        words.append("\(event.flow) \(end) \(Self.word(event.what))")
    }

    mutating func end(_ flow: FlowID, at: Timestamp) {
        words.append("\(flow) end")
    }

    mutating func miss(at: Timestamp) { words.append("miss") }

    static func word(_ what: FlowEvent.What) -> String {
        switch what {
        case .open(let opening): "open \(opening.transport) \(opening.client) \(opening.server) \(opening.kind)"
        case .sip(let message):
            message.isRequest ? "sip \(message.text(message.startLineText))" : "sip \(message.statusCode)"
        case .beginsSIP: "beginsSIP"
        case .cutSIP: "cutSIP"
        case .malformedSIP: "malformedSIP"
        case .crlf(let completesPair, let ownSegment): "crlf\(completesPair ? " pair" : "")\(ownSegment ? " own" : "")"
        case .repeatedPing: "repeated ping"
        case .crlfDatagram(let count): "crlfDatagram \(count)"
        case .otherDatagram(let length, _): "other \(length)"
        case .stun(let facts): "stun \(facts.messageClass)\(facts.flags.contains(.cut) ? " cut" : "")"
        case .gap(let count): "gap \(count.map(String.init) ?? "?")"
        case .unrecognized(let count): "unrecognized \(count)"
        case .webSocketControl(let control): "webSocket \(control)"
        case .webSocketHandshake(let offers, let grants): "webSocket handshake \(offers) \(grants)"
        case .webSocketRefused(let refusal): "webSocket refused, \(refusal.asked): \(refusal.answer)"
        case .webSocketFault(let fault): "webSocket fault: \(fault)"
        case .gluedCRLF(let count): "glued \(count)"
        case .encrypted: "encrypted"
        case .icmpError(let type, let code): "icmp \(type) \(code)"
        case .close(let closing): "close \(closing)"
        }
    }

    /// The events of a capture, without those that every TCP flow begins and ends with.
    static func words(
        of capture: [UInt8], limits: CaptureLimits = CaptureLimits()
    ) -> (words: [String], notAnalyzed: [NotAnalyzed], error: CaptureError?) {
        var pipeline = CapturePipeline(sink: EventLog(), limits: limits)
        let error = pipeline.feedAll([capture])
        pipeline.finish()
        return (pipeline.sink.words, pipeline.notAnalyzed, error)
    }
}

extension CapturePipeline {
    /// Feeds a capture in pieces, as reads would bring it.
    mutating func feedAll(_ pieces: [[UInt8]]) -> CaptureError? {
        begin()
        var window: [UInt8] = []
        var total = 0
        do throws(CaptureError) {
            for piece in pieces {
                window += piece
                let used = try feed(window.span.bytes)
                window.removeFirst(used)
                total += used
            }
            try endOfCapture(unread: window.count, total: total + window.count)
        } catch {
            return error
        }
        return nil
    }
}
