/// Promise and behaviour side by side (RFC 5626 §4.4, §5.4).
extension TestBed {
    /// What the 200 says of Flow-Timer.
    mutating func judgeHeader(_ reply: Reply) {
        judge(reply, "OB-FT-001", "OB-FT-002")
    }

    /// Whether all flows were promised the same.
    mutating func judgeAgreement(_ trial: FlowTimerTrial) {
        let promises = trial.members.map { $0.result.announced.map { FlowTimer.words($0) } ?? "none" }
        guard Set(promises).count > 1 else { return }
        info(
            "OB-FT-001", "the flows were given different Flow-Timers: each is held to its own",
            saw: promises.joined(separator: ", "))
    }

    /// A flow that is kept alive on time stays up.
    mutating func judgeKept(_ trial: FlowTimerTrial) {
        for member in trial.members where member.result.role == .kept {
            let result = member.result
            let up = Self.text(result.age)
            if result.isPingClosed, trial.closesOnPings {
                fail(
                    "OB-FT-006", "a flow that was kept alive on time was closed",
                    saw: "closed at its keep-alive, \(up) s after it came up; a silent flow lived longer",
                    expected: "open as long as keep-alives come within \(result.words)",
                    trial.pingRequirement == "OB-KA-010" ? "DX-KA-03" : nil)
            } else if result.lifetime != nil, result.hasRunOut(after: result.age) {
                unknown("OB-FT-006", .configuration, "it was closed after \(up) s, when \(Self.runOut(result))")
            } else if let lifetime = result.lifetime {
                let remedy = trial.remedy(result)
                fail(
                    "OB-FT-006", "a flow that was kept alive on time was closed",
                    saw: "closed \(Self.text(lifetime)) s after the last \(result.pings == 0 ? "REGISTER" : "ping"), "
                        + "\(up) s after it came up",
                    expected: "open as long as keep-alives come within \(result.words)", remedy.0, advice: remedy.1)
            } else if trial.isInterrupted, result.age.inNanoseconds < Int64(result.timer * 1e9) {
                unknown("OB-FT-006", .cut, "the flow was watched for \(up) s only, less than \(result.words)")
            } else {
                pass("OB-FT-006", "up for \(up) s with \(counted(result.pings, "keep-alive"))")
            }
        }
    }

    /// Each keep-alive is answered in time.
    mutating func judgeAnswers(_ trial: FlowTimerTrial) {
        let all = trial.members.map(\.result)
        let pings = all.reduce(0) { $0 + $1.pings }
        let missed = all.reduce(0) { $0 + $1.missed }
        let requirement = trial.pingRequirement
        if trial.closesOnPings {
            return fail(
                requirement, "keep-alives are followed by the end of the connection",
                saw:
                    "\(all.filter(\.isPingClosed).count) of \(pings) closed at a keep-alive; a silent flow lived longer",
                expected: "an answer to each", requirement == "OB-KA-010" ? "DX-KA-03" : nil)
        }
        guard pings > 0 else {
            let why = trial.isInterrupted ? "no keep-alive was due yet" : "no flow lived until its first keep-alive"
            return unknown(requirement, .cut, why)
        }
        // The last ping of a flow that was closed is no fault of its own.
        let excused = all.filter { $0.lifetime != nil }.reduce(0) { $0 + min($1.missed, 1) }
        guard missed <= excused else {
            return fail(
                requirement, "keep-alives are not answered", saw: "\(missed) of \(pings) without an answer in 10 s",
                expected: "an answer to each", requirement == "OB-KA-010" ? "DX-KA-03" : nil)
        }
        let slowest = all.flatMap(\.answers).max() ?? .zero
        let text = DecimalSeconds.text(slowest.inNanoseconds, places: 3)
        guard slowest <= .seconds(1) else {
            return warn(requirement, "an answer came late", saw: "after \(text) s", expected: "at once")
        }
        guard pings > excused else {
            return unknown(requirement, .cut, "every flow was closed before an answer was due")
        }
        let count = pings - missed
        pass(requirement, count == 1 ? "1 answer, after \(text) s" : "\(count) answers, the slowest after \(text) s")
    }

    /// A silent flow lives longer than Flow-Timer.
    mutating func judgeIdle(_ trial: FlowTimerTrial) {
        for member in trial.members where member.result.role != .kept {
            let result = member.result
            let who = result.role == .idle ? "a flow without keep-alives" : "a flow after its last keep-alive"
            if result.isPingClosed, trial.closesOnPings {
                unknown("OB-FT-006", .cut, "\(who) was closed at that keep-alive: there was no silence to measure")
                continue
            }
            guard result.announced != nil else {
                judgeUnpromised(result, trial, who)
                continue
            }
            // A connection shows by itself whether it is up.
            if result.isBound == false, result.flow.transport == .udp {
                fail(
                    "OB-FT-006", "the binding of \(who) is gone before Flow-Timer has passed", saw: "not listed",
                    expected: "listed for longer than \(result.words)")
                continue
            }
            guard let lifetime = result.lifetime else {
                stillOpen(result, trial, who)
                continue
            }
            let grace = lifetime.inNanoseconds - Int64(result.timer * 1e9)
            if grace <= 0, result.hasRunOut(after: result.age) {
                unknown(
                    "OB-FT-006", .configuration,
                    "\(who) was closed after \(Self.text(result.age)) s, when \(Self.runOut(result))")
                continue
            }
            guard grace > 0 else {
                let remedy = trial.remedy(result)
                fail(
                    "OB-FT-006", "\(who) is closed before Flow-Timer has passed",
                    saw: "\(result.loss?.words ?? "closed") after \(Self.text(lifetime)) s of silence",
                    expected: "open for longer than \(result.words)", remedy.0, advice: remedy.1)
                continue
            }
            let after = DecimalSeconds.text(grace, places: 1)
            pass("OB-FT-006", "\(who) lives \(Self.text(lifetime)) s, \(after) s longer than promised")
            if result.isLong(grace) {
                info("OB-FT-010", "dead flows are held long after their promise", saw: "\(after) s", "DX-FT-06")
            }
        }
    }

    private mutating func stillOpen(_ result: FlowLifetime, _ trial: FlowTimerTrial, _ who: String) {
        let watched = Self.text(result.silence)
        guard result.silence.inNanoseconds > Int64(result.timer * 1e9) else {
            return unknown("OB-FT-006", .cut, "\(who) was watched for \(watched) s only, less than Flow-Timer")
        }
        if result.flow.transport == .udp, result.isBound == nil {
            let why = result.hasRunOut(after: result.age) ? Self.runOut(result) : "the server did not list the bindings"
            return unknown(
                "OB-FT-006", .configuration,
                "when Flow-Timer was about to pass, \(why), and nothing else shows of UDP")
        }
        if result.flow.transport == .udp {
            return pass("OB-FT-006", "the binding of \(who) stays; nothing else shows of UDP")
        }
        pass("OB-FT-006", "\(who) is up after \(watched) s of silence")
        info(
            "OB-FT-010", "the server did not notice the silence while it was watched",
            saw: "up after \(watched) s, Flow-Timer is \(Int(result.timer)) s",
            result.isLong(result.silence.inNanoseconds - Int64(result.timer * 1e9)) ? "DX-FT-06" : nil)
    }

    /// Without a promise there is nothing to break; what phones will do by themselves is known.
    private mutating func judgeUnpromised(_ result: FlowLifetime, _ trial: FlowTimerTrial, _ who: String) {
        guard let lifetime = result.lifetime else {
            return info("OB-FT-010", "\(who) is up after \(Self.text(result.silence)) s of silence")
        }
        guard lifetime <= .seconds(120) else {
            return info("OB-FT-010", "\(who) is closed after \(Self.text(lifetime)) s of silence")
        }
        warn(
            "OB-KA-008", "\(who) is closed before a phone without Flow-Timer would ping",
            saw: "closed after \(Self.text(lifetime)) s, and no Flow-Timer is announced",
            expected: "open for more than 120 s, or a Flow-Timer", "DX-FT-04")
    }

    private static func runOut(_ result: FlowLifetime) -> String {
        "its binding had run out, which was granted for \(result.granted ?? 0) s only"
    }

    private static func text(_ duration: Duration) -> String { DecimalSeconds.text(duration.inNanoseconds, places: 1) }
}

extension FlowLifetime {
    fileprivate var words: String {
        let isHeld = announced.map { Double($0) > timer } ?? false
        return isHeld ? "\(Int(timer)) s, and Flow-Timer is longer" : "Flow-Timer, \(Int(timer)) s"
    }

    /// Whether a dead flow is held too long, so many nanoseconds after its promise has run out. Less is a server's usual
    /// tolerance.
    fileprivate func isLong(_ grace: Int64) -> Bool { grace > Int64(timer * 3e9) && grace > 60_000_000_000 }
}

extension FlowTimerTrial {
    /// What an unanswered keep-alive violates.
    var pingRequirement: Requirement.ID {
        switch members.first?.result.flow.transport {
        case .udp: "OB-STUN-011"
        case .ws, .wss: "OB-WS-003"
        default: "OB-KA-010"
        }
    }

    /// Keep-alives end flows: what was pinged is gone at once, and what stayed silent all the while lived longer. Without
    /// that it may have been the silence before the ping.
    var closesOnPings: Bool {
        guard let silent = members.first(where: { $0.result.role == .idle })?.result else { return false }
        return members.contains { member in
            member.result.isPingClosed && silent.age > member.result.age + .milliseconds(500)
        }
    }

    /// What to set where flows end too early: the diagnosis and, with the numbers measured, the advice.
    func remedy(_ result: FlowLifetime) -> (Diagnosis.ID, String) {
        let shortest = members.compactMap { $0.result.lifetime?.inNanoseconds }.min() ?? 0
        let measured = Int((shortest + 500_000_000) / 1_000_000_000)
        let isWebSocket = members.first?.result.flow.transport.isWebSocket ?? false
        let promise = Int(result.timer)
        var advice = "Kamailio: set tcp_connection_lifetime to \(promise + 10)"
        if isWebSocket { advice += " and the websocket module's keepalive_timeout between \(promise) and that" }
        if measured > 2 { advice += ", or announce a Flow-Timer of at most \(max(1, measured * 8 / 10))" }
        return (isWebSocket ? "DX-FT-09" : "DX-FT-05", advice + ".")
    }
}
