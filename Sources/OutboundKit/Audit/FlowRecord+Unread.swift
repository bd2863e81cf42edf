/// SIP messages that nobody can read, or tell the end of.
extension FlowRecord {
    /// On a stream nobody knows where the next message begins behind one without Content-Length, or behind one that is longer
    /// than is read: what comes there may go unseen, as what is missing does.
    mutating func observeMalformed(_ error: ParseError, fromClient: Bool, _ time: Int64, _ frame: UInt64) {
        sights.insert(.malformedSIP)
        let bound = SIPBound(error)
        log.add(.unreadSIP, time, frame, fromClient ? 1 : 0, bound?.rawValue ?? -1, Int64(error.bound))
        guard isStream, !isWebSocket else { return }
        let isUnframed = error.isIn("Content-Length")
        if isUnframed {
            noteUnframed(fromClient: fromClient, time, frame, status: -1, isWrong: error.code != .missing)
        }
        guard isUnframed || bound != nil else { return }
        sights.insert(.gap)
        lastGap = max(lastGap, time)
        if fromClient { halfPingAt = .never }
    }

    /// A message on a stream that shows its end although it has no Content-Length.
    mutating func observeUnframed(_ message: borrowing SIPMessage, fromClient: Bool, _ time: Int64, _ frame: UInt64) {
        guard !isWebSocket else { return }
        noteUnframed(fromClient: fromClient, time, frame, status: Int64(message.statusCode), isWrong: false)
    }

    private mutating func noteUnframed(
        fromClient: Bool, _ time: Int64, _ frame: UInt64, status: Int64, isWrong: Bool
    ) {
        log.add(fromClient ? .unframedByClient : .unframedByServer, time, frame, status, isWrong ? 1 : 0)
    }

    /// What the first message was like that could not be read.
    var unreadWords: String {
        guard let mark = log.all(.unreadSIP).first(where: { $0.second >= 0 }),
            let bound = SIPBound(rawValue: mark.second)
        else {
            return log.contains(.unframedByClient) || log.contains(.unframedByServer)
                ? "a SIP message without a Content-Length that can be read was not read"
                : "a SIP message could not be read"
        }
        return "a SIP message with more than \(bound.words(mark.third)) was not read"
    }

    /// A pong may have gone unseen.
    func doubtfulPong(_ requirement: Requirement.ID) -> Finding {
        guard opening.kind == .midstream, !sights.contains(.gap), !log.contains(.unreadSIP) else {
            return .unknown(
                requirement, .gap, subject: subject, message: "A pong was not seen, but \(gapWords).")
        }
        return .unknown(
            requirement, .late, subject: subject,
            message:
                "No pong was seen, but the connection was joined in its middle: until the server's first message a pong cannot be told from the end of one."
        )
    }

    /// What may have gone unseen, and why.
    var gapWords: String {
        guard isStream else { return "packets are missing from the capture" }
        return log.contains(.unreadSIP)
            ? "octets of the stream are missing, or stand behind a message whose end is not known"
            : "octets of the stream are missing"
    }
}

/// What says of itself that it was not read, and why.
enum UnreadMessages {
    /// Remarks of a requirement or none: a message beyond a bound may have said anything.
    static func judge(_ flow: FlowRecord, _ selection: RuleSelection, _ out: inout FindingList) {
        guard flow.rare != nil, let mark = flow.log.all(.unreadSIP).first(where: { $0.second >= 0 }),
            let bound = SIPBound(rawValue: mark.second),
            Unregistered.diagnoses.contains(where: selection.includes(remark:))
        else { return }
        out.add(
            .unknown(
                nil, .cut, subject: flow.subject,
                message:
                    "What \(counted(flow.log.count(.unreadSIP), "SIP message")) said is not known: sipob reads none with more than \(bound.words(mark.third)).",
                evidence: [
                    flow.evidence(
                        mark, "a message of the \(mark.first == 1 ? "client" : "server") with more",
                        expected: "\(bound.words(mark.third)) at most")
                ]))
    }
}
