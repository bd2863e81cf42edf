import Testing

@testable import OutboundKit

/// A prober of streams and a scripted server in simulated time: the clock jumps from one thing due to the next.
struct StreamRig<Engine: FlowEngine> where Engine.Command == StreamProbe.Command, Engine.Event == StreamProbe.Event {
    static var flow: Flow {
        Flow(
            transport: .tcp, local: TransportAddress(ip: IPAddress(v4: 0xC633_6407), port: 40000),
            remote: TransportAddress(ip: IPAddress(v4: 0xC000_0201), port: 5060))
    }

    enum Action {
        /// Octets, so long after what was heard.
        case send([UInt8], after: Duration = .milliseconds(10))
        case lose(FlowLoss, after: Duration = .milliseconds(10))
    }

    var prober: Engine
    private(set) var seen = StreamProbe.Observations()
    private(set) var events: [StreamProbe.Event] = []
    /// What the prober sent, and when.
    private(set) var sends: [(time: Timestamp, octets: [UInt8])] = []
    private(set) var isClosed = false

    init(_ prober: Engine) {
        self.prober = prober
    }

    /// - Parameters:
    ///   - stopAt: when the user interrupts.
    ///   - script: what the server does on hearing octets.
    mutating func run(stopAt: Timestamp? = nil, _ script: ([UInt8]) -> [Action]) {
        var now = Timestamp.zero
        var stopAt = stopAt
        var due: [(at: Timestamp, action: Action)] = []
        prober.handle(.up(FlowID(0), Self.flow), at: now)
        for _ in 0..<100_000 {
            while let output = prober.next() {
                switch output {
                case .event(.finished(let observations)): seen = observations
                case .event(let event): events.append(event)
                case .close: isClosed = true
                case .send(let octets, _):
                    sends.append((now, octets))
                    for action in script(octets) {
                        switch action {
                        case .send(_, let after), .lose(_, let after): due.append((now + after, action))
                        }
                    }
                }
            }
            if isClosed { return }
            due.sort { $0.at < $1.at }
            guard let wakeUp = [prober.deadline, due.first?.at, stopAt].compactMap({ $0 }).min() else { return }
            now = max(now, wakeUp)
            if let time = stopAt, now >= time {
                stopAt = nil
                prober.handle(.command(.stop), at: now)
            } else if let first = due.first, first.at <= now {
                due.removeFirst()
                switch first.action {
                case .send(let octets, _): prober.receive(octets.span.bytes, on: FlowID(0), at: now)
                case .lose(let loss, _): prober.handle(.down(FlowID(0), loss), at: now)
                }
            } else {
                prober.handle(.timer, at: now)
            }
        }
        Issue.record("the prober does not end")
    }
}

/// A SIP server on a stream, with faults: what it makes of octets that it hears.
struct StreamServer {
    enum Fault: Sendable {
        case none
        case noPongs
        /// The second ping is not heard.
        case swallowsOne
        case slowPong(Duration)
        case doublePong
        /// Each read is taken for itself: only a read of just CRLFCRLF is a ping.
        case perRead
        /// Each CRLF draws a CRLF.
        case eager
        /// Two pings in one read draw one pong.
        case onePong
        /// The blank line after a header draws a pong.
        case blankLineIsPing
        /// A CRLF before a message spoils it.
        case strictStart
        /// A message must come in one read.
        case wholeReads
        case pingsItself
        /// CRLFCRLF by itself each time so long has passed, and no pongs.
        case pingsOnly(Duration)
        case closesOnPing
        case noSIP
        case garbage
    }

    typealias Action = StreamRig<CRLFProber>.Action
    static let crlf: [UInt8] = [0x0D, 0x0A]

    let fault: Fault
    private var framer = StreamFramer()
    private var pings = 0

    init(_ fault: Fault) { self.fault = fault }

    mutating func hear(_ octets: [UInt8]) -> [Action] {
        let isPing = octets == Self.crlf + Self.crlf
        switch fault {
        case .perRead: if octets.first == 0x0D || octets.first == 0x0A { return isPing ? [.send(Self.crlf)] : [] }
        case .eager:
            if octets.allSatisfy({ $0 == 0x0D || $0 == 0x0A }), octets.count < 4 {
                return octets.contains(0x0A) ? [.send(Self.crlf)] : []
            }
        case .onePong: if octets == Self.crlf + Self.crlf + Self.crlf + Self.crlf { return [.send(Self.crlf)] }
        case .strictStart:
            if octets.starts(with: Self.crlf), octets.count > 8 { return [.send(answer(to: nil, 400))] }
        case .wholeReads: if !isPing, octets.suffix(4) != Self.crlf + Self.crlf { return [.lose(.closedByPeer)] }
        // Its own pings are answered so.
        case .pingsItself, .pingsOnly: if octets == Self.crlf { return [] }
        case .garbage: return [.send(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))]
        default: break
        }
        framer.receive(octets.span.bytes)
        var actions: [Action] = []
        while let item = framer.next() {
            switch item {
            case .crlf(let completesPair, _): if completesPair { actions += pong() }
            case .message(let message):
                if case .blankLineIsPing = fault { actions.append(.send(Self.crlf)) }
                if case .noSIP = fault { continue }
                actions.append(.send(answer(to: message, 200), after: .milliseconds(20)))
            default: break
            }
        }
        return actions
    }

    private mutating func pong() -> [Action] {
        pings += 1
        switch fault {
        case .noPongs: return []
        case .swallowsOne: return pings == 2 ? [] : [.send(Self.crlf)]
        case .slowPong(let time): return [.send(Self.crlf, after: time)]
        case .doublePong: return [.send(Self.crlf + Self.crlf)]
        case .pingsItself: return [.send(Self.crlf), .send(Self.crlf + Self.crlf, after: .milliseconds(50))]
        case .pingsOnly(let time):
            return pings > 1 ? [] : (1...30).map { .send(Self.crlf + Self.crlf, after: time * $0) }
        case .closesOnPing: return [.lose(.reset)]
        default: return [.send(Self.crlf)]
        }
    }

    private func answer(to request: SIPMessage?, _ status: UInt16) -> [UInt8] {
        guard let request else {
            return Array("SIP/2.0 400 Bad Request\r\nCall-ID: none\r\nContent-Length: 0\r\n\r\n".utf8)
        }
        return MessageWriter(status: status, reason: "OK", to: request, toTag: "t").finish()
    }
}
