/// When requests are sent again over UDP (RFC 8489 §6.2.1): RTO after the first, then twice as long each time, `rc`
/// requests in all, and `rm` times RTO after the last the transaction has failed.
public struct STUNTiming: Hashable, Sendable {
    public let rto: Duration
    public let rc: Int
    public let rm: Int

    public static let rtoRange: ClosedRange<Duration> = .milliseconds(1) ... .seconds(3600)
    public static let rcRange = 1...16
    public static let rmRange = 1...1024

    /// The RFC's defaults: sends at 0, 0.5, 1.5, 3.5, 7.5, 15.5 and 31.5 s, failure at 39.5 s.
    public static let standard = STUNTiming(rto: .milliseconds(500), rc: 7, rm: 16)

    /// - Precondition: each lies in its range.
    public init(rto: Duration, rc: Int, rm: Int) {
        precondition(Self.rtoRange.contains(rto) && Self.rcRange.contains(rc) && Self.rmRange.contains(rm))
        self.rto = rto
        self.rc = rc
        self.rm = rm
    }

    /// From the first request to the failure: 39.5 s by default.
    public var total: Duration { rto * ((1 << (rc - 1)) - 1) + rto * rm }

    /// From request number `sends` (from 1) to the next one, or to the failure.
    public func wait(after sends: Int) -> Duration { sends >= rc ? rto * rm : rto * (1 << (sends - 1)) }
}

/// One STUN request over UDP and what becomes of it: octets and time in, octets and one result out.
public struct STUNTransaction: Sendable {
    public enum Input: Sendable {
        case start
        /// `deadline` has passed.
        case timer
        /// The request that `next()` gave was handed to the network at this time, which then counts for the RTT.
        case sent
        /// A hard ICMP error that quotes a request of this transaction, or a send that the host refused.
        case unreachable
    }

    public enum Output: Sendable {
        case send([UInt8], FlowID)
        case event(Event)
    }

    public enum Event: Sendable {
        /// A success or error response to this transaction.
        case response(STUNMessage, Timing)
        case failed(FlowFailure, Timing)
        /// Octets that belong to no open transaction or are no STUN message; dropped in silence (RFC 8489 §6.3).
        case ignored(Ignored)
    }

    public enum Ignored: Sendable, Hashable {
        case malformed(ParseError)
        case otherTransaction
        /// A request or indication under our transaction ID.
        case noResponse
    }

    public struct Timing: Sendable, Hashable {
        public let started: Timestamp
        public let ended: Timestamp
        /// How many requests were sent, the first included.
        public let sends: Int
        public var elapsed: Duration { ended - started }
        /// Whether `elapsed` is a round trip: with more than one request sent, the answer fits any of them (Karn).
        public var isRoundTrip: Bool { sends == 1 }
    }

    private enum State {
        /// → waiting, on start.
        case idle
        /// → waiting, on a timer with requests left; → ended, on the last timer, a response, or an ICMP error.
        case waiting(sends: Int, nextAt: Timestamp)
        case ended
    }

    public let id: STUNTransactionID
    private let request: [UInt8]
    private let flow: FlowID
    private let timing: STUNTiming
    private var state = State.idle
    private var started = Timestamp.zero
    private var outputs = OutputQueue<Output>()

    /// - Parameter request: the same octets are sent each time (RFC 8489 §6.2.1), and hold `id`.
    public init(id: STUNTransactionID, request: [UInt8], flow: FlowID, timing: STUNTiming = .standard) {
        self.id = id
        self.request = request
        self.flow = flow
        self.timing = timing
    }

    public mutating func receive(_ bytes: RawSpan, on flow: FlowID, at now: Timestamp) {
        do {
            receive(try STUNMessage.parse(bytes), at: now)
        } catch {
            outputs.append(.event(.ignored(.malformed(error))))
        }
    }

    /// The same for octets that were parsed already.
    mutating func receive(_ message: STUNMessage, at now: Timestamp) {
        guard case .waiting(let sends, _) = state, message.transactionID == id else {
            outputs.append(.event(.ignored(.otherTransaction)))
            return
        }
        switch message.type.messageClass {
        case .success, .error:
            state = .ended
            outputs.append(
                .event(.response(message, Timing(started: started, ended: now, sends: sends))))
        case .request, .indication:
            outputs.append(.event(.ignored(.noResponse)))
        }
    }

    public mutating func handle(_ input: Input, at now: Timestamp) {
        switch (input, state) {
        case (.start, .idle):
            started = now
            transmit(1, at: now)
        case (.timer, .waiting(let sends, let nextAt)) where now >= nextAt:
            if sends < timing.rc {
                transmit(sends + 1, at: nextAt)
            } else {
                fail(.stunTimeout, sends, at: now)
            }
        case (.sent, .waiting(1, _)):
            started = now
            state = .waiting(sends: 1, nextAt: now + timing.wait(after: 1))
        case (.unreachable, .waiting(let sends, _)):
            fail(.unreachable, sends, at: now)
        case (.start, .waiting), (.start, .ended), (.timer, _), (.sent, _), (.unreachable, _):
            break
        }
    }

    public mutating func next() -> Output? { outputs.next() }

    public var deadline: Timestamp? {
        guard case .waiting(_, let nextAt) = state else { return nil }
        return nextAt
    }

    private mutating func transmit(_ sends: Int, at time: Timestamp) {
        state = .waiting(sends: sends, nextAt: time + timing.wait(after: sends))
        outputs.append(.send(request, flow))
    }

    private mutating func fail(_ reason: FlowFailure, _ sends: Int, at now: Timestamp) {
        state = .ended
        outputs.append(.event(.failed(reason, Timing(started: started, ended: now, sends: sends))))
    }
}
