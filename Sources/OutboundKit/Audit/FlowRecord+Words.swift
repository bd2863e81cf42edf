/// Words and evidence that rules share.
extension FlowRecord {
    var subject: String { id.description }

    /// What can be said about keep-alive duties on this flow.
    enum Standing {
        case owed
        case notOwed
        case unknown(UnknownReason, String)
    }

    /// Whether keep-alives are owed, and why nobody can tell where that is so. `outbound` asks for an agreement on
    /// outbound, not only for a sign of support.
    func standing(outbound: Bool = false) -> Standing {
        if outbound ? everOutbound : everOwed { return .owed }
        if sights.contains(.registered) { return .notOwed }
        if sights.contains(.encrypted) { return .unknown(.encrypted, "the flow is encrypted and was not decrypted") }
        if sights.contains(.cutSIP) {
            return .unknown(.cut, "its SIP messages were cut by the snapshot length of the capture")
        }
        if sights.contains(.malformedSIP) { return .unknown(.cut, unreadWords) }
        if sights.contains(.register) {
            let wantsOutbound = registrations.contains {
                ($0.hasRegID || $0.hasUnreadContact) && $0.supportsOutbound
            }
            if !isLive, !sights.contains(.fromServer), pings > 0 || wantsOutbound {
                return .unknown(.half, "only the client's direction was seen")
            }
            return .notOwed
        }
        guard pings > 0 else { return .notOwed }
        guard opening.kind == .handshake else { return .unknown(.late, "no REGISTER and 2xx of this flow were seen") }
        // Seen from its first packet on, a flow has no earlier REGISTER, unless it is among octets that are missing.
        return sights.contains(.gap) ? .unknown(.gap, "\(gapWords), and no REGISTER was seen") : .notOwed
    }

    /// All that was seen is STUN: a REGISTER may have come before, or it is a flow of ICE or TURN.
    var mayBeNoSIP: Bool {
        sights.isDisjoint(with: [.sip, .cutSIP, .malformedSIP, .encrypted])
            && (kind == .stun || indications > 0 || log.contains(.stunOnStream))
    }

    /// STUN of a path of media: RTP or RTCP came on it (RFC 3550 §5.1), or its two ends ask each other, where of SIP's
    /// keep-alives only the client asks (RFC 5626 §8). At SIP's own port one odd datagram proves nothing.
    var isMedia: Bool {
        guard !isStream, mayBeNoSIP, server.port != 5060, client.port != 5060 else { return false }
        return serverPings > 0
            || log.all(.strayDatagram).contains { $0.first >= 8 && 0x80..<0xC0 ~= $0.second }
    }

    /// The mark as evidence.
    func evidence(_ mark: EvidenceMark, _ observed: String, expected: String? = nil) -> Evidence {
        evidence(at: mark.time.nanoseconds, frame: mark.frame, observed, expected: expected)
    }

    func evidence(at time: Int64, frame: UInt64 = 0, _ observed: String, expected: String? = nil) -> Evidence {
        Evidence(at: time, frame: frame, observed, expected: expected)
    }

    /// What announced the number of seconds that intervals are held against: `the Flow-Timer of 20 s` or `keep=20`.
    func timerWords(_ announced: UInt64) -> String {
        if case .keep(announced) = duty.basis { return keepWords(announced) }
        // The duty is over; of a flow without outbound nothing but keep can have made it.
        if case .none = duty.basis, !everOutbound { return keepWords(announced) }
        return "the \(FlowTimer.named(announced))"
    }

    private func keepWords(_ seconds: UInt64) -> String {
        seconds == .max ? "a keep that is too large" : "keep=\(seconds)"
    }

    /// The observation of a constant interval.
    func constantWords(_ mark: EvidenceMark) -> String {
        mark.second == .max
            ? "nearly all of \(counted(mark.third, "interval")) within 1 % of \(seconds(mark.first))"
            : "\(counted(mark.third, "interval")) between \(seconds(mark.first)) and \(seconds(mark.second))"
    }

    /// `the Flow-Timer of 20 s`, `keep=20` or the default of the transport.
    var dutyWords: String {
        switch duty.basis {
        case .flowTimer(let seconds): "the \(FlowTimer.named(seconds))"
        case .keep(let seconds): keepWords(seconds)
        case .defaults: isStream ? "the default of 120 s" : "the default of 29 s"
        case .none: announced.map { "the \(FlowTimer.named($0))" } ?? "the default of \(isStream ? 120 : 29) s"
        }
    }

    /// The server closed the flow when the client had been silent for longer than it may be, and nothing was seen of the
    /// client after that: it may have been switched off, or lost its network. A client that is there answers a FIN with
    /// its own, or registers anew in time.
    var mayHaveVanished: Bool {
        guard let mark = log.first(.serverClosed), mark.second != .max, closedBy == .fromServer,
            lastCloseAt <= closedAt
        else { return false }
        let cameBack = sights.contains(.replaced) && !log.contains(.noRecovery)
        return !cameBack && lastFromClient <= mark.time.nanoseconds
            && mark.time.nanoseconds &- mark.first > mark.second &+ .second
    }

    /// The connection was lost at some time before the server closed it: what the client sent from then on went elsewhere.
    var wasLostBefore: Bool { log.contains(.resetAfterClose) }

    /// What the client did with the flow after a missed pong had ended it: the first of it, and how often; nil for nothing.
    var useAfterMissedPong: (first: EvidenceMark, count: Int)? {
        let all = log.all(.usedAfterFailure)
        let used = all.filter { $0.second == Int64(Failure.missedPong.rawValue) }
        // Not all are kept, but all are counted.
        return used.first.map { ($0, log.count(.usedAfterFailure) - (all.count - used.count)) }
    }

    /// A Binding request without an answer was the client's last sign, sent once or twice and not through its schedule.
    var mayHaveVanishedWaiting: Bool {
        guard let mark = log.first(.stunTimeout) else { return false }
        return mark.second < 3 && !log.contains(.usedAfterFailure)
    }

    /// It is an end's own traffic, which has no packets: both directions are known, and who said nothing was silent.
    var isLive: Bool { openedFrame == 0 }

    /// The reason when nothing of one direction was seen.
    var isHalf: Bool { !isLive && (!sights.contains(.fromServer) || !sights.contains(.fromClient)) }
}

/// Seconds with three decimals and the unit.
func seconds(_ nanoseconds: Int64) -> String { DecimalSeconds.text(nanoseconds, places: 3) + " s" }

extension Evidence {
    /// - Parameters:
    ///   - time: nanoseconds since the epoch.
    ///   - frame: the packet's number; 0 for none.
    init(at time: Int64, frame: UInt64, _ observed: String, expected: String?) {
        self.init(
            time: Timestamp(nanoseconds: time), frame: frame > 0 ? frame : nil, observed: observed, expected: expected)
    }
}
