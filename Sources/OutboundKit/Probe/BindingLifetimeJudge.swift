/// What a binding lifetime means for phones behind that NAT: do keep-alives of RFC 5626 come in time?
public enum BindingLifetimeJudge {
    /// A UDP mapping has to last at least so long (RFC 4787 §4.3, REQ-5).
    public static let required: Duration = .seconds(120)

    /// - Parameter subject: the target, as reports name it.
    public static func finding(
        _ result: BindingLifetimeSearch.Result, local: TransportAddress, at now: Timestamp, subject: String
    ) -> Finding {
        func seconds(_ duration: Duration) -> String { DecimalSeconds.text(duration.inNanoseconds, places: 1) + " s" }
        let keepAlive = KeepAliveInterval.datagram
        let shortest = Duration.nanoseconds(keepAlive.lower)
        let longest = Duration.nanoseconds(keepAlive.upper)
        let bounds = result.bounds
        let observed = Evidence(
            time: now,
            observed: bounds.upper.map { "lost after \(seconds($0)), kept for \(seconds(bounds.lower)) of silence" }
                ?? "the same mapped address after \(seconds(bounds.lower)) of silence",
            expected: "a mapping that outlives the longest interval of keep-alives, 29 s (RFC 5626 §4.4)")
        if result.ending == .noTranslation {
            return .info(
                nil, subject: subject,
                message: "no NAT on the way: the mapped address is the socket's own, \(local). "
                    + "A firewall that forgets silent flows would not show here")
        }
        if result.ending == .unsteady {
            return .warn(
                nil, subject: subject,
                message: "the mapped address changes within seconds: no keep-alive holds such a mapping",
                evidence: [observed], diagnosis: "DX-STUN-05",
                advice: "look for a NAT or a load balancer that maps each datagram anew, or let phones use TCP")
        }
        if result.outlives(shortest) == false {
            return .warn(
                nil, subject: subject,
                message: "the NAT forgets a silent flow before the shortest keep-alive interval of phones, 24 s",
                evidence: [observed], diagnosis: "DX-STUN-05",
                advice: "raise the NAT's UDP timeout to 120 s or more (RFC 4787 REQ-5)"
                    + (bounds.lower > BindingLifetimeSearch.settling
                        ? ", or let the server send a Flow-Timer below \(seconds(bounds.lower))" : ""))
        }
        if bounds.upper == nil, result.keepsPortNumber, result.ending == .longerThanMaximum {
            return .unknown(
                nil, .side, subject: subject,
                message:
                    "the mapped address did not change, but this NAT gives flows their own port number: it may have "
                    + "forgotten the mapping and made the same one again",
                evidence: [observed], advice: "read the NAT's own table (Linux: conntrack -L -p udp)")
        }
        if result.outlives(longest) == true {
            let isShort = bounds.upper.map { $0 < required } ?? false
            return .info(
                nil, subject: subject,
                message: "keep-alives every 24 to 29 s keep the mapping"
                    + (isShort ? "; yet it lasts less than the 120 s that RFC 4787 REQ-5 asks of a NAT" : ""),
                evidence: [Evidence(time: now, observed: observed.observed)])
        }
        if result.ending == .contradictory {
            return .unknown(
                nil, .side, subject: subject,
                message: "silences of one length sometimes kept the mapping and sometimes not",
                evidence: [observed], advice: "try again when nothing else disturbs the NAT or the socket")
        }
        return .unknown(
            nil, .cut, subject: subject,
            message: "whether keep-alives every 24 to 29 s keep the mapping was not found out",
            evidence: [observed], advice: bounds.upper == nil ? nil : "ask for a finer --resolution")
    }
}
