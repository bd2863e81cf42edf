/// Requests that are not answered by the registrar: checks (RFC 3261 §16.3), transactions, answers of our own.
extension EdgeServer {
    mutating func receiveRequest(_ request: SIPMessage, on id: FlowID, at now: Timestamp) {
        guard let held = flows[id] else { return }
        switch request.method {
        case .ack:
            receiveACK(request, on: id, at: now)
            return
        case .cancel:
            receiveCancel(request, on: id, at: now)
            return
        default: break
        }
        if let fault = request.faults().first {
            noteOnce(id, "unreadable SIP: \(fault)", at: now)
            answer(request, 400, Self.reason(fault), on: id, at: now)
            return
        }
        let key = Self.transactionKey(request, as: request.text(request.startLineText))
        if let context = byRequest[key] {
            withContext(context, at: now) { $0.handleServer(.request, at: now) }
            return
        }
        if let refusal = refusal(of: request, on: held) {
            answer(request, refusal.status, refusal.reason, on: id, at: now, refusal.fields)
            return
        }
        if !settings.faults.isEmpty, let status = settings.faults.requestStatus {
            answer(request, status, Self.phrase(status), on: id, at: now)
            return
        }
        switch plan(request, on: id, at: now) {
        case .answer(let status, let reason, let fields):
            if status == 430 { counters.flowsFailed += 1 }
            if status == 403 { counters.tokensRefused += 1 }
            answer(request, status, reason ?? Self.phrase(status), on: id, at: now, fields)
        case .forward(let targets, let reportsFlowFailure):
            forward(request, key: key, to: targets, reportsFlowFailure: reportsFlowFailure, on: id, at: now)
        }
    }

    struct Refusal {
        let status: UInt16
        let reason: String
        var fields: [(HeaderName, String)] = []
    }

    /// An edge in front of a registrar answers nothing but OPTIONS itself: what else names its domain goes on.
    private func endsHere(_ request: SIPMessage) -> Bool {
        if case .edge = settings.role { return false }
        return isForUs(request)
    }

    /// RFC 3261 §16.3 steps 3 to 5.
    private func refusal(of request: SIPMessage, on held: EdgeFlow) -> Refusal? {
        if request.integer(.maxForwards) == 0, request.method != .options, !endsHere(request) {
            return Refusal(status: 483, reason: Self.phrase(483))
        }
        let loop = Self.branchText(0, loop: loopHash(request)).suffix(8)
        let vias = (try? request.vias()) ?? []
        let isLoop = vias.contains { via in
            guard let branch = via.branch, Self.branchID(branch) != nil, branch.hasSuffix(loop) else { return false }
            // Another edge of this kind writes the same for the same request: only our own Via makes a loop.
            return TransportAddress(via.sentBy).map(own.contains) ?? false
        }
        if isLoop {
            return Refusal(status: 482, reason: Self.phrase(482))
        }
        let known = ["outbound", "path", "gruu"]
        let unknown = request.optionTags(in: .proxyRequire).filter { tag in
            !known.contains { ASCII.equalsIgnoringCase($0, tag) }
        }
        guard unknown.isEmpty else {
            return Refusal(
                status: 420, reason: Self.phrase(420), fields: [(.unsupported, unknown.joined(separator: ", "))])
        }
        return nil
    }

    /// ACK: the end of a transaction for 300-699, else a request that follows a 2xx end to end (RFC 3261 §17.1.1.3).
    private mutating func receiveACK(_ request: SIPMessage, on id: FlowID, at now: Timestamp) {
        if let context = byRequest[Self.transactionKey(request, as: "INVITE")] {
            // Some phones send the ACK for a 2xx with the branch of the INVITE.
            if contexts[context]?.server.isAccepted == false {
                withContext(context, at: now) { $0.handleServer(.acknowledged, at: now) }
                return
            }
        }
        guard !isForOwnAnswer(request), request.faults().isEmpty, request.integer(.maxForwards) != 0 else { return }
        guard case .forward(let targets, _) = plan(request, on: id, at: now), let target = targets.first?.first else {
            return
        }
        sendStateless(request, to: target, arrival: id, at: now)
    }

    /// The ACK's tag is one that we made: the 300-699 was ours, without a transaction.
    private func isForOwnAnswer(_ request: SIPMessage) -> Bool {
        guard let to = try? request.nameAddrs(.to).first, let tag = to.parameter("tag"), tag.utf8.count == 16,
            let value = UInt64(tag, radix: 16)
        else { return false }
        return value & 0xFFFF_FFFF_0000_0000 == tagPrefix
    }

    /// CANCEL goes from hop to hop: it is answered here, and the branches get one of their own (RFC 3261 §16.10).
    private mutating func receiveCancel(_ request: SIPMessage, on id: FlowID, at now: Timestamp) {
        guard let context = byRequest[Self.transactionKey(request, as: "INVITE")] else {
            answer(request, 481, Self.phrase(481), on: id, at: now)
            return
        }
        answer(request, 200, "OK", on: id, at: now)
        withContext(context, at: now) { $0.cancel(at: now) }
    }

    // MARK: Answers

    /// A response of our own without a transaction: a copy of the request draws a copy of it.
    mutating func answer(
        _ request: SIPMessage, _ status: UInt16, _ reason: String, on id: FlowID, at now: Timestamp,
        _ fields: [(HeaderName, String)] = []
    ) {
        guard let held = flows[id], request.method != .ack else { return }
        if request.method == .register {
            counters.registrations[status, default: 0] += 1
        } else {
            counters.answers[status, default: 0] += 1
        }
        var editor = MessageEditor(
            status: status, reason: reason, to: request, stamp: held.stamp, toTag: tag(for: request))
        for (name, value) in fields { editor.header(name, value) }
        editor.header(.server, settings.software)
        send(editor.finish(), on: id, at: now)
    }

    static func phrase(_ status: UInt16) -> String {
        switch status {
        case 100: "Trying"
        case 200: "OK"
        case 400: "Bad Request"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 408: "Request Timeout"
        case 416: "Unsupported URI Scheme"
        case 420: "Bad Extension"
        case 421: "Extension Required"
        case 430: "Flow Failed"
        case 480: "Temporarily Unavailable"
        case 481: "Call/Transaction Does Not Exist"
        case 482: "Loop Detected"
        case 483: "Too Many Hops"
        case 487: "Request Terminated"
        case 500: "Server Internal Error"
        case 503: "Service Unavailable"
        default: "Response"
        }
    }

    // MARK: Identity of transactions

    /// What a request and its copies share (RFC 3261 §17.2.3): branch, sent-by and method; for a sender of RFC 2543 what
    /// that had. CANCEL and ACK ask for the INVITE.
    static func transactionKey(_ request: SIPMessage, as method: String) -> String {
        guard let via = try? request.topVia() else { return "" }
        if via.hasMagicCookie, let branch = via.branch { return "\(method) \(branch) \(via.sentBy)" }
        let from = (try? request.nameAddrs(.from).first)?.parameter("tag") ?? ""
        let number = (try? request.cseq())?.number ?? 0
        let callID = request.callID.map { request.text($0) } ?? ""
        return "\(method) \(request.text(request.requestURI)) \(from) \(callID) \(number) \(via)"
    }

    private static let branchStart = "z9hG4bKob-"

    /// Our branch: a cookie of ours, the id, and a hash of what decides on the way, by which a loop is known
    /// (RFC 3261 §16.6 step 8, RFC 5393).
    static func branchText(_ id: UInt64, loop: UInt32) -> String {
        func hex(_ value: UInt64, _ width: Int) -> String {
            let digits = String(value, radix: 16)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return "\(branchStart)\(hex(id, 16))\(hex(UInt64(loop), 8))"
    }

    static func branchID(_ text: String) -> UInt64? {
        guard text.hasPrefix(branchStart) else { return nil }
        let digits = text.dropFirst(branchStart.count)
        guard digits.utf8.count == 24 else { return nil }
        return UInt64(digits.prefix(16), radix: 16)
    }

    /// Unlike that of another server of this kind on the way, which may see the very same request.
    func loopHash(_ request: SIPMessage) -> UInt32 {
        var hash: UInt32 = 2_166_136_261 ^ UInt32(truncatingIfNeeded: tagPrefix >> 32)
        func mix(_ slice: ByteSlice) {
            for octet in request.bytes[slice.range] { hash = (hash ^ UInt32(octet)) &* 16_777_619 }
        }
        mix(request.requestURI)
        for field in request.headers {
            switch field.name {
            case .route, .callID, .cseq, .from, .to: mix(field.value)
            default: continue
            }
        }
        return hash
    }
}
