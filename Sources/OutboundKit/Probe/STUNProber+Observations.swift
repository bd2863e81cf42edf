extension STUNProber {
    /// What was seen in all.
    public struct Observations: Sendable {
        /// Pings sent, without the conformance check's requests.
        public var sent = 0
        public var answered = 0
        public var lost = 0
        public var errorResponses = 0
        public var retransmissions = 0
        /// Late and repeated answers.
        public var lateAnswers = 0
        /// Answers under our transaction IDs that came from another address or port, and count as none.
        public var answersFromElsewhere = 0
        /// STUN messages under a transaction ID that is not ours.
        public var foreignAnswers = 0
        public var malformed = 0
        public var otherDatagrams = 0
        public var mappedAddressChanges = 0
        /// Round trips of probes that were answered after one request (Karn: of the others none can be told).
        public var roundTrips = RTTSummary()
        public var started = Timestamp.zero
        public var ended = Timestamp.zero

        public var firstMappedAddress: TransportAddress?
        public var mappedAddress: TransportAddress?
        public var lastAnswer = Timestamp.zero
        public var software: String?

        // The first of each kind, for evidence.
        public var firstSuccess: Answer?
        public var firstWithoutXOR: Answer?
        /// An answer under our transaction ID, but without the magic cookie before it.
        public var firstWithoutCookie: Answer?
        /// A success response with an attribute that must be understood and is not.
        public var firstNotUnderstood: Answer?
        public var firstError: Answer?
        public var firstErrorWithoutCode: Answer?
        public var firstBadFingerprint: Answer?
        public var firstGoodFingerprint: Answer?
        public var firstChange: (from: TransportAddress, to: TransportAddress, time: Timestamp)?
        public var firstForeign: Timestamp?
        public var firstMalformed: (error: ParseError, time: Timestamp)?
        public var firstElsewhere: (address: TransportAddress, time: Timestamp)?
        public var firstSilence: Loss?
        public var networkError: NetworkError?
        public var sipAnswer: OptionsCheck.Answer?
        public var sipSilence = false
        /// SIP came in that answers no OPTIONS of ours: the first line and when.
        public var firstForeignSIP: (line: String, time: Timestamp)?
        /// The conformance check's results.
        public var conformanceAnswers: [Answer] = []
        public var conformanceLosses: [Loss] = []

        public init() {}
    }
}

extension STUNProber.Observations {
    /// Counts an answer in; the change of the mapped address that it shows, if any.
    mutating func take(
        _ answer: STUNProber.Answer
    ) -> (from: TransportAddress, to: TransportAddress, after: Duration)? {
        let message = answer.message
        switch message.fingerprint {
        case .valid: firstGoodFingerprint = firstGoodFingerprint ?? answer
        case .invalid: firstBadFingerprint = firstBadFingerprint ?? answer
        case .absent: break
        }
        if !answer.isSuccess, message.errorCode == nil { firstErrorWithoutCode = firstErrorWithoutCode ?? answer }
        software = software ?? message.software
        guard answer.kind == .ping else {
            conformanceAnswers.append(answer)
            return nil
        }
        if !message.hasCookie { firstWithoutCookie = firstWithoutCookie ?? answer }
        answered += 1
        if answer.timing.isRoundTrip { roundTrips.add(answer.timing.elapsed.inNanoseconds) }
        let silence = answer.timing.ended - lastAnswer
        lastAnswer = answer.timing.ended
        guard answer.isSuccess else {
            errorResponses += 1
            firstError = firstError ?? answer
            return nil
        }
        firstSuccess = firstSuccess ?? answer
        if !message.unknownRequired.isEmpty { firstNotUnderstood = firstNotUnderstood ?? answer }
        if message.xorMappedAddress == nil { firstWithoutXOR = firstWithoutXOR ?? answer }
        guard let address = answer.mappedAddress else { return nil }
        guard let known = mappedAddress else {
            firstMappedAddress = address
            mappedAddress = address
            return nil
        }
        guard address != known else { return nil }
        mappedAddress = address
        mappedAddressChanges += 1
        if firstChange == nil { firstChange = (known, address, answer.timing.ended) }
        return (known, address, silence)
    }
}
