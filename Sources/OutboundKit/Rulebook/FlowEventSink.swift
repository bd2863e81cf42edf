/// Whoever takes the events of flows: an audit's ledger, a counter, a printer.
///
/// A source promises: the first event of a flow is `.open`; the times of one flow's events never step back; `end` comes
/// once for each flow and is the last word on it, so that whatever was kept for the flow can be judged and dropped.
public protocol FlowEventSink {
    /// Takes one event. It is borrowed: the message in a `.sip` event shares its storage with the source until the call
    /// returns; a sink that keeps it pays for a copy at the source's next message.
    mutating func observe(_ event: borrowing FlowEvent)

    /// As `observe` of a `.stun` event. Keep-alives are nearly all that a capture holds, and to make an event and take it
    /// apart costs as much as to judge one: a sink in a hurry takes them so.
    mutating func observeSTUN(_ facts: STUNFacts, _ moment: FlowEvent.Moment)

    /// As `observe` of a `.sip` event, likewise. The message is lent.
    mutating func observeSIP(_ message: borrowing SIPMessage, _ moment: FlowEvent.Moment)

    /// As `observe` of the `.sip` event of a message that is still to be read in a datagram, or of `.malformedSIP` where
    /// there is none: a sink in another thread leaves the reading to that.
    /// - Parameter message: where to read it; its storage is used again.
    /// - Returns: false when it is known to be no message.
    mutating func observeDatagram(_ octets: RawSpan, using message: inout SIPMessage, _ moment: FlowEvent.Moment)
        -> Bool

    /// As `observe` of a `.crlf` event, likewise.
    mutating func observeCRLF(completesPair: Bool, ownSegment: Bool, _ moment: FlowEvent.Moment)

    /// The source has forgotten the flow: it is closed and its ports are in use again, or long closed, or the input ended.
    /// - Parameter at: when the source stopped looking, never before the flow's last event.
    mutating func end(_ flow: FlowID, at: Timestamp)

    /// Packets of any flow may be missing up to here, which may be yet to come: the source could not keep up.
    mutating func miss(at: Timestamp)

    /// Takes an attempt that made no flow. It may be told long after it, and again when it went on.
    mutating func observeAttempt(_ attempt: UnansweredAttempt)

    /// An event of `flow` may follow soon: asks for what is kept for it, so that it is in the cache by then.
    mutating func prefetch(_ flow: FlowID, mayBeMessage: Bool)

    /// A message of `flow` may follow soon, and what is kept for it was asked for a few events ago: asks for what else a
    /// message needs.
    /// - Parameter step: counts up from 0 to 2, some events apart, for each finds in what the one before asked for what
    ///   it has to ask for.
    mutating func prefetchForMessage(_ flow: FlowID, step: Int)

    /// About how many octets the sink keeps, from what it counts; 0 where nobody limits them.
    var octets: Int { get }

    /// Memory is limited and used up: gives up what is kept for some flows, of which no event will be missed.
    /// - Parameters:
    ///   - octets: to be set free, here and at the source.
    ///   - octetsBeside: what the source keeps for each flow.
    /// - Returns: these flows. The source forgets them too.
    mutating func evict(_ octets: Int, octetsBeside: Int) -> [FlowID]
}

extension FlowEventSink {
    @inlinable public mutating func observeSTUN(_ facts: STUNFacts, _ moment: FlowEvent.Moment) {
        observe(FlowEvent(moment, .stun(facts)))
    }

    @inlinable public mutating func observeCRLF(completesPair: Bool, ownSegment: Bool, _ moment: FlowEvent.Moment) {
        observe(FlowEvent(moment, .crlf(completesPair: completesPair, ownSegment: ownSegment)))
    }

    @inlinable public mutating func observeSIP(_ message: borrowing SIPMessage, _ moment: FlowEvent.Moment) {
        observe(FlowEvent(moment, .sip(copy message)))
    }

    public mutating func observeDatagram(
        _ octets: RawSpan, using message: inout SIPMessage, _ moment: FlowEvent.Moment
    ) -> Bool {
        do throws(ParseError) {
            try MessageParser.parse(octets, into: &message)
        } catch {
            observe(FlowEvent(moment, .malformedSIP(error)))
            return false
        }
        observeSIP(message, moment)
        return true
    }

    @inlinable public mutating func miss(at: Timestamp) {}
    @inlinable public mutating func observeAttempt(_ attempt: UnansweredAttempt) {}

    @inlinable public mutating func prefetch(_ flow: FlowID, mayBeMessage: Bool) {}
    @inlinable public mutating func prefetchForMessage(_ flow: FlowID, step: Int) {}
    @inlinable public var octets: Int { 0 }
    @inlinable public mutating func evict(_ octets: Int, octetsBeside: Int) -> [FlowID] { [] }
}
