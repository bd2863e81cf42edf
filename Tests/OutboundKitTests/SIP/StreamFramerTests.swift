import Testing

@testable import OutboundKit

/// An output as a value that can be compared.
enum Framed: Equatable {
    case message(String)
    case crlf(pair: Bool)
    case malformed(ParseError)
    case unrecognized(Int)
    case stun(Int)

    init(_ output: StreamFramer.Output) {
        switch output {
        case .message(let message): self = .message(String(decoding: message.bytes, as: UTF8.self))
        case .crlf(let completesPair, _): self = .crlf(pair: completesPair)
        case .malformed(let error): self = .malformed(error)
        case .unrecognized(let count): self = .unrecognized(count)
        case .stun(let octets): self = .stun(octets.count)
        }
    }
}

/// Frames `segments` with a new framer; `untilLost` stops after the output with which synchronization was lost.
func frame(
    _ segments: [[UInt8]], limits: SIPLimits = .default, midstream: Bool = false, untilLost: Bool = false
) -> [Framed] {
    var framer = StreamFramer(limits: limits, midstream: midstream)
    var outputs: [Framed] = []
    for segment in segments {
        framer.receive(segment.span.bytes)
        while let output = framer.next() {
            // How much of what is no SIP was there already depends on the cuts.
            if untilLost, case .unrecognized = output { return outputs + [.unrecognized(0)] }
            outputs.append(Framed(output))
            if untilLost, !framer.isSynchronized { return outputs }
        }
    }
    return outputs
}

@Suite struct StreamFramerTests {
    static let crlf: [UInt8] = [0x0D, 0x0A]
    static let register = wire(registration)
    static let options = wire("OPTIONS sip:a SIP/2.0\nVia: SIP/2.0/TCP b\nContent-Length : 10\n\na\n\n\n\nb")
    static let stun: [UInt8] = [0, 1, 0, 4, 0x21, 0x12, 0xA4, 0x42] + Array(repeating: 9, count: 16)

    private static func text(_ octets: [UInt8]) -> Framed { .message(String(decoding: octets, as: UTF8.self)) }

    /// Whatever the cuts, the same comes out: keep-alives glued before and after messages, bodies full of CRLF.
    @Test(arguments: 1...8) func cutsDoNotMatter(_ seed: Int) {
        let stream =
            Self.crlf + Self.crlf + Self.register + Self.crlf + Self.options + Self.options + Self.crlf + Self.crlf
            + Self.stun + Self.crlf + Self.register
        let expected: [Framed] = [
            .crlf(pair: false), .crlf(pair: true), Self.text(Self.register), .crlf(pair: false),
            Self.text(Self.options), Self.text(Self.options), .crlf(pair: false), .crlf(pair: true),
            .stun(24), .crlf(pair: false), Self.text(Self.register),
        ]
        let outputs = ThreeFeeds.agree(on: stream, seed: UInt64(seed)) { frame($0) }
        #expect(outputs == expected)
    }

    @Test func keepAlivesInTheirOwnSegments() {
        var framer = StreamFramer()
        var seen: [String] = []
        for segment in [
            Self.crlf + Self.crlf, Self.crlf, [0x0D], [0x0A] + Self.crlf, Self.crlf + Self.crlf + Self.crlf,
        ] {
            framer.receive(segment.span.bytes)
            while case .crlf(let pair, let own)? = framer.next() {
                seen.append("\(pair ? "2" : "1")\(own ? "own" : "")")
            }
            seen.append("|")
        }
        #expect(
            seen == ["1own", "2own", "|", "1own", "|", "|", "2", "1", "|", "2own", "1own", "2own", "|"])
        #expect(framer.isSynchronized)
    }

    @Test func aMessageThatFillsItsSegmentNeedsNoBuffer() {
        var framer = StreamFramer()
        var storage = SIPMessage()
        for octets in [Self.register, Self.options, Self.register + Self.crlf] {
            guard case .message(let message)? = framer.receive(octets.span.bytes, using: &storage) else {
                Issue.record("no message")
                continue
            }
            #expect(octets.starts(with: message.bytes))
            storage = message
        }
        #expect(framer.next().map(Framed.init) == .crlf(pair: false))
        let half = Array(Self.register.prefix(100))
        #expect(framer.receive(half.span.bytes, using: &storage).map(Framed.init) == nil)
        let rest = Array(Self.register.dropFirst(100))
        #expect(framer.receive(rest.span.bytes, using: &storage).map(Framed.init) == Self.text(Self.register))
    }

    /// OB-SIP-003: without Content-Length the message's end, and all that follows, is unknown.
    @Test func missingContentLength() {
        let bare = wire("OPTIONS sip:a SIP/2.0\nVia: SIP/2.0/TCP b\n\nbody\n\nmore\n")
        #expect(
            frame([bare, Self.crlf + Self.crlf, Self.register]) == [
                .malformed(ParseError(.missing, at: 45, in: "")), .crlf(pair: false), .crlf(pair: true),
                Self.text(Self.register),
            ])
        ThreeFeeds.agree(on: bare) { frame($0, untilLost: true) }
    }

    /// A fault that leaves the length known costs one message and not the stream.
    @Test func faultsInsideAFrame() {
        let broken = wire("OPTIONS sip:a SIP/2.0\nbroken\nl: 4\n\n\n\n")
        let stream = broken + Self.register + Self.crlf
        let outputs = ThreeFeeds.agree(on: stream) { frame($0) }
        #expect(
            outputs == [.malformed(ParseError(.missing, at: 29, in: "")), Self.text(Self.register), .crlf(pair: false)])
    }

    @Test(arguments: [
        ("l: -1", ParseError.Code.unexpected), ("l: 99999999999999999999", .outOfRange), ("l: 2000000000", .limit),
        ("l: 1\nl: 2", .repeated), ("l: x", .unexpected),
    ])
    func unusableContentLength(_ line: String, _ code: ParseError.Code) {
        let octets = wire("OPTIONS sip:a SIP/2.0\n\(line)\n\n")
        let outputs = ThreeFeeds.agree(on: octets) { frame($0) }
        guard case .malformed(let error)? = outputs.first else {
            Issue.record("\(outputs)")
            return
        }
        #expect(error.code == code && outputs.count == 1)
        #expect(frame([octets, Self.register]).last == Self.text(Self.register))
    }

    @Test func octetsThatAreNoSIP() {
        let garbage = Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n\r\n".utf8)
        let outputs = frame([garbage, Self.crlf + Self.crlf, Self.register, Self.crlf])
        #expect(outputs.first == .unrecognized(garbage.count))
        #expect(
            outputs.dropFirst() == [
                .crlf(pair: false), .crlf(pair: true), Self.text(Self.register), .crlf(pair: false),
            ])
        for first: UInt8 in [0, 1, 0x0A, 0x16, 0x80, 0xFF, 0x20] {
            let octets = [UInt8](repeating: first, count: 9)
            #expect(ThreeFeeds.agree(on: octets) { frame($0, untilLost: true) } == [.unrecognized(0)])
        }
    }

    /// The beginnings of a version that turn out not to be one, found by fuzzing.
    @Test(arguments: ["SIP/2\u{1}\t.: 0\r\n\r\n", "SIP/x.0 200 OK\r\n", "SIP/2.x 200 OK\r\n\r\n", "SIP\r\n\r\n"])
    func almostAVersion(_ text: String) {
        for cut in 1...8 {
            let octets = Array(text.utf8)
            let segments = stride(from: 0, to: octets.count, by: cut).map {
                Array(octets[$0..<min(octets.count, $0 + cut)])
            }
            #expect(frame(segments, untilLost: true) == [.unrecognized(0)], "cut at \(cut)")
        }
    }

    @Test func streamJoinedMidway() {
        // A ping alone, between messages that were never seen, is told, and that the framer is not sure.
        var framer = StreamFramer(midstream: true)
        framer.receive((Self.crlf + Self.crlf).span.bytes)
        #expect(framer.next().map(Framed.init) == .crlf(pair: false))
        #expect(framer.next().map(Framed.init) == .crlf(pair: true))
        #expect(framer.next().map(Framed.init) == nil)
        #expect(!framer.isSynchronized)
        // The rest of a message is no ping, wherever CRLFs stand in it.
        let rest = wire("Via: x\nl: 4\n\n\n\n") + Self.crlf + Self.register + Self.crlf + Self.crlf
        let expected = [Self.text(Self.register), .crlf(pair: false), .crlf(pair: true)]
        #expect(frame([rest], midstream: true) == expected)
        #expect(frame([Array("</xml>".utf8), Self.register], midstream: true) == [Self.text(Self.register)])
        #expect(frame([Array("</xml>".utf8), Self.crlf + Self.crlf], midstream: true).count == 2)
    }

    /// Pings and pongs of a stream joined midway that come in pieces, or of which the first piece was not seen.
    @Test func piecesOfCRLFsMidway() {
        let (cr, lf): ([UInt8], [UInt8]) = ([13], [10])
        #expect(frame([cr, lf], midstream: true) == [.crlf(pair: false)])
        #expect(frame([cr, lf, cr, lf], midstream: true) == [.crlf(pair: false), .crlf(pair: true)])
        #expect(
            frame([Self.crlf, Self.crlf + Self.crlf], midstream: true)
                == [.crlf(pair: false), .crlf(pair: false), .crlf(pair: true)])
        // Anything else behind the CR, and within a line that is no start-line, it is no CRLF.
        #expect(frame([cr, cr, lf], midstream: true) == [.crlf(pair: false)])
        #expect(frame([cr, wire("a"), lf], midstream: true).isEmpty)
        #expect(frame([wire("a"), cr, lf], midstream: true).isEmpty)
        #expect(frame([cr, Self.register], midstream: true) == [Self.text(Self.register)])
        #expect(frame([cr, Self.crlf, lf], midstream: true) == [.crlf(pair: false)])
    }

    @Test func gap() {
        var framer = StreamFramer()
        framer.receive(Array(Self.register.prefix(200)).span.bytes)
        #expect(framer.next().map(Framed.init) == nil)
        framer.gap()
        #expect(!framer.isSynchronized && framer.skippedOctets == 200)
        framer.receive(Array(Self.register.suffix(100)).span.bytes)
        #expect(framer.next().map(Framed.init) == nil)
        framer.receive(Self.register.span.bytes)
        #expect(framer.next().map(Framed.init) == Self.text(Self.register))
        #expect(framer.isSynchronized && framer.skippedOctets == 300)
    }
}
