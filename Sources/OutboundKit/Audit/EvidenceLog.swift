/// What can be noted about a flow while its events pass, beyond counts: each kind with its time, packet and two numbers.
public struct EvidenceMark: Sendable, Hashable {
    public enum Kind: UInt8, Sendable, Hashable, CaseIterable {
        /// No keep-alive for longer than the duty allows; `first` where the gap began, `second` the limit.
        case lateGap
        /// The same, with other SIP traffic from the client inside.
        case lateGapWithTraffic
        /// The same, but octets of the stream are missing inside: nobody can tell.
        case lateGapTainted
        /// The same, but it began with an answer that told no address, and ended with a new registration.
        case lateGapWithoutAddress
        /// A keep-alive much sooner than asked; `first` the interval, `second` the lower bound.
        case shortGap
        /// Five or more intervals of one length; `first` the shortest, `second` the longest, `third` how many.
        ///
        /// Where `second` is `.max`, nearly all intervals are like `first`.
        case constantIntervals
        /// Intervals outside the recommended windows, without a Flow-Timer; `first` the interval.
        case outsideWindow
        /// An interval that fits the Flow-Timer of an older 2xx and not the present one; `first` the interval, `second`
        /// the old limit.
        case oldTimerInterval
        /// A ping without pong at its deadline. `time` and `frame` are the ping's, `first` when TCP had last sent it again,
        /// still without an acknowledgement; 0 where it had not.
        case missedPong
        /// Of these, one that the client had no right to expect: when it was sent, or due, outbound was not agreed on.
        case missedPongUnexpected
        /// A missed pong with octets missing in the window.
        case missedPongTainted
        /// A pong after its deadline; `first` the delay.
        case latePong
        /// A ping or request on a flow that should have been given up; `first` when it had failed.
        case usedAfterFailure
        /// A REGISTER over a flow that had failed, behind keep-alives that went on meanwhile; `first` when it had failed,
        /// `second` how (`FlowRecord.Failure`).
        case unheededFailure
        /// Answers of the server that came while an answer was missing; the server lives.
        case serverTalkedOn
        /// A STUN transaction that ended without answer; `first` its beginning, `second` how many requests, `third` 1 where
        /// they are those of several in a row, none of which ran out by itself.
        case stunTimeout
        /// A STUN error response; `first` its code.
        case stunError
        /// A mapped address that differs from the one before. `first` and `second` are the old and the new port,
        /// `third` is the client's silence before.
        case mappedChange
        /// The client did not register anew in time; `first` when the flow failed, `second` how (`FlowRecord.Failure`),
        /// `third` how long it had.
        case noRecovery
        /// A lone CRLF as keep-alive on a stream, from the client.
        case loneCRLF
        /// A datagram of CR and LF only, from the client; `first` its length.
        case crlfDatagram
        /// Another small datagram, neither SIP nor STUN; `first` its length, `second` its first octet or -1.
        case strayDatagram
        /// STUN on a stream.
        case stunOnStream
        /// STUN without a sign of support.
        case stunWithoutSign
        /// STUN well after a 2xx that has no sign of support any more; `first` when that came, `second` its packet or 0.
        case stunAfterSign
        /// A REGISTER for a registration beyond those that are kept of one flow.
        case unkeptRegistration
        /// The first sign of support, where a response within a dialog gave it.
        case signInDialog
        /// A success response without XOR-MAPPED-ADDRESS to a request with the magic cookie.
        case noXORMapped
        /// A request without the magic cookie: RFC 3489.
        case noCookie
        /// A mapped address that is not the request's source.
        case mappedNotSource
        /// An error response without ERROR-CODE.
        case errorWithoutCode
        /// A 420 error without UNKNOWN-ATTRIBUTES.
        case unlisted420
        /// An error that demands something of a request without attributes; `first` the code.
        case demandedMore
        /// A FINGERPRINT that does not fit; `first` is 1 when the client sent it.
        case badFingerprint
        /// A length that does not fit; `first` as above.
        case badLength
        /// A transaction ID used again after its answer.
        case reusedTransaction
        /// Retransmissions off the schedule; `first` the gap, `second` the one before.
        case offSchedule
        /// More than eight requests in a transaction; `first` how many.
        case tooManyRequests
        /// A retransmission after a hard ICMP error.
        case retransmittedAfterICMP
        /// A hard ICMP error about a datagram of the client.
        case icmpError
        /// More than one ping a second for five seconds.
        case pingFlood
        /// The server closed; `first` the client's last sign of life, `second` the duty's limit, `.max` where the
        /// registration had been taken away, moved to another flow, or run out, `third` the last SIP message before.
        case serverClosed
        /// The client gave up a flow without outbound ten seconds after an unanswered ping.
        case droppedWithoutOutbound
        /// A Flow-Timer header field that is not one number, or repeated; `first` how many fields.
        case badFlowTimer
        /// A Flow-Timer where none may be; `first` the status code or 0 for a request.
        case misplacedFlowTimer
        /// `Require: outbound` in a 2xx to a REGISTER without reg-id.
        case requireWithoutRegID
        /// A message right after a lone CRLF that drew 400.
        case rejectedAfterCRLF
        /// A REGISTER sent again too soon or too often; `first` the gap, `second` how many sends.
        case hurriedRegister
        /// 430 to a request of the client.
        case flowFailedAnswer
        /// A refresh again before the Retry-After of the 503 to the last one had passed; `first` the 503, `second` the time
        /// that it named.
        case retriedTooSoon
        /// The same, but perhaps of a phone that was started anew.
        case startedTooSoon
        /// The third or later refresh in a row by another contact's lifetime; `first` the wait, `second` that lifetime,
        /// `third` the own one in seconds.
        case strayRefresh
        /// The client closed the flow about 10 s after a ping that had its pong, or at once after octets of the server;
        /// `first` the ping, `second` the pong.
        case leftAnswered
        /// The server's FIN was answered with RST: the client's host, or a NAT before it, knew the connection no more.
        case resetAfterClose
        /// The client closed the flow while a pong was missing, well before 10 s; `first` the ping.
        case leftEarly
        /// A 2xx to REGISTER right behind a CRLF, which the client acted on as if it had not come; `first` when it came.
        case unheededGrant
        /// Nearly all requests of a schedule, although the first had its answer; `first` the first request, `second` the
        /// answer, `third` 2 with a foreign answer before, 1 with more in it than the address.
        case unheededAnswer
        /// An answer that belongs to no request.
        case foreignAnswer
        /// A registration anew after a foreign answer; `first` when that came.
        case movedByForeignAnswer
        /// A registration anew after an answer with the same mapped address as ever, which is not the client's own;
        /// `first` the answer, `second` the mapped port.
        case movedByOwnAddress
        /// CRLFs before a start-line in one WebSocket message; `first` how many octets, `second` 1 from the client.
        case gluedCRLF
        /// A WebSocket frame against RFC 6455; `first` 1 from the client. What it is stands in `WebSocketRarities.faults`.
        case webSocketFault
        /// A Ping of the server that the client did not answer within 10 s. `time` and `frame` are those of what showed it,
        /// `first` the Ping's time.
        case unansweredServerPing
        /// A REGISTER for a binding that had run out, while keep-alives went on; `first` when it ran out, `second` the
        /// lifetime in seconds.
        case lapsed
        /// The third or later lifetime in a row that is shorter than the one before, which the client had asked for; `first`
        /// what was granted, in seconds, `second` how many.
        case shrinkingLifetime
        /// A request whose only answer lacked the cookie, and which was never sent again.
        case tookBadAnswer
        /// A SIP message that could not be read; `first` 1 from the client, `second` the bound that it goes beyond
        /// (`SIPBound`) or -1, `third` how much of it is read.
        case unreadSIP
        /// A SIP message on a stream without Content-Length, or with one that cannot be used; `first` the status code, 0 of a
        /// request, -1 where the message could not be read, `second` 1 with one that cannot be used.
        case unframedByClient
        /// The same of the server.
        case unframedByServer
    }

    public let kind: Kind
    public let time: Timestamp
    public let frame: UInt64
    public let first: Int64
    public let second: Int64
    public let third: Int64
}

/// How often each kind was noted and the first few marks of each; nothing at all while a flow behaves.
public struct EvidenceLog: Sendable {
    /// Marks kept of one kind; the rest are only counted.
    static let kept = 4

    /// Of a kind that was noted: few flows have more than two or three.
    private struct Tally: Sendable {
        let kind: EvidenceMark.Kind
        var count: UInt32
    }

    private var tallies: [Tally] = []
    public private(set) var marks: [EvidenceMark] = []

    public init() {}

    public var isEmpty: Bool { tallies.isEmpty }

    public func count(_ kind: EvidenceMark.Kind) -> Int {
        for tally in tallies where tally.kind == kind { return Int(tally.count) }
        return 0
    }

    public func contains(_ kind: EvidenceMark.Kind) -> Bool { count(kind) > 0 }

    public func first(_ kind: EvidenceMark.Kind) -> EvidenceMark? { marks.first { $0.kind == kind } }

    public func all(_ kind: EvidenceMark.Kind) -> [EvidenceMark] {
        contains(kind) ? marks.filter { $0.kind == kind } : []
    }

    @inline(never) mutating func add(
        _ kind: EvidenceMark.Kind, _ time: Int64, _ frame: UInt64, _ first: Int64 = 0, _ second: Int64 = 0,
        _ third: Int64 = 0
    ) {
        guard noted(kind) <= UInt32(Self.kept) else { return }
        marks.append(
            EvidenceMark(
                kind: kind, time: Timestamp(nanoseconds: time), frame: frame, first: first, second: second,
                third: third))
    }

    /// What was noted last of a kind was a mistake.
    mutating func takeBack(_ kind: EvidenceMark.Kind) {
        guard let index = tallies.firstIndex(where: { $0.kind == kind }) else { return }
        if tallies[index].count <= UInt32(Self.kept), let mark = marks.lastIndex(where: { $0.kind == kind }) {
            marks.remove(at: mark)
        }
        tallies[index].count &-= 1
        if tallies[index].count == 0 { tallies.remove(at: index) }
    }

    /// Counts one more.
    private mutating func noted(_ kind: EvidenceMark.Kind) -> UInt32 {
        guard let index = tallies.firstIndex(where: { $0.kind == kind }) else {
            tallies.append(Tally(kind: kind, count: 1))
            return 1
        }
        tallies[index].count &+= 1
        return tallies[index].count
    }
}
