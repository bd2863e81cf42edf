/// Who a flow is and how it fared, in lines of a name and a text: the same on a page and on a terminal.
struct FlowFacts {
    private static let maximumRegistrations = 8
    private static let maximumLength = 400

    private let flow: FlowSummary

    init(_ flow: FlowSummary) { self.flow = flow }

    var lines: [(name: String, text: String)] {
        var lines: [(String, String)] = []
        for registration in flow.registrations.prefix(Self.maximumRegistrations) {
            lines.append(("registered", words(registration)))
        }
        if flow.registrations.count > Self.maximumRegistrations {
            lines.append(("", "… and \(flow.registrations.count - Self.maximumRegistrations) more"))
        }
        if let agent = flow.registrations.lazy.compactMap(\.userAgent).first { lines.append(("User-Agent", agent)) }
        if let role = flow.role { lines.append(("role", role)) }
        lines.append(("keep-alives", keepAlives))
        var ended = flow.ended.words
        if let next = flow.replacedBy { ended += "; \(next) took over" }
        lines.append(("ended", ended))
        return lines.map { ($0, String($1.prefix(Self.maximumLength))) }
    }

    private func words(_ registration: FlowRegistration) -> String {
        var parts = [registration.aor]
        if let regID = registration.regID { parts.append("reg-id \(regID)") }
        if registration.firstGranted == .never {
            parts.append(flow.hadGrant ? "removed" : "no 2xx seen")
        } else {
            parts.append(registration.outboundGranted ? "outbound granted" : "without outbound")
            if let timer = registration.flowTimer { parts.append("Flow-Timer \(FlowTimer.words(timer))") }
            if let expires = registration.expires { parts.append("expires \(expires) s") }
        }
        if let instance = registration.instance { parts.append(instance) }
        return parts.joined(separator: ", ")
    }

    private var keepAlives: String {
        guard flow.pings > 0 else { return flow.keepAlive == "none" ? "none seen" : flow.keepAlive }
        var text = "\(flow.keepAlive): \(flow.pings), of which \(flow.pongs) answered"
        if let least = flow.intervalMin, let middle = flow.intervalMedian, let most = flow.intervalMax {
            text += "; every \(seconds(least)) to \(seconds(most)), median \(seconds(middle))"
        }
        if let slowest = flow.answerMax { text += "; slowest answer \(seconds(slowest))" }
        if flow.mappedChanges > 0 { text += "; \(counted(flow.mappedChanges, "change")) of the mapped address" }
        return text
    }
}

extension FlowSummary.Ended {
    var words: String {
        switch self {
        case .open: "not closed as far as could be seen"
        case .clientFIN: "the client closed it"
        case .serverFIN: "the server closed it"
        case .clientRST: "the client reset it"
        case .serverRST: "the server reset it"
        case .captureEnd: "alive at the end of the capture"
        }
    }
}
