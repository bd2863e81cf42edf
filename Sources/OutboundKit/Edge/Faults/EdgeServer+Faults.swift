/// Where faults change what the edge does on its flows. Only called with a plan.
extension EdgeServer {
    /// A flow whose end is set from the start.
    mutating func faultsAtStart(_ id: FlowID, at now: Timestamp) {
        guard let fault = settings.faults.first(.killAfterSeconds), flows[id]?.isUpstream == false else { return }
        later(.close(id, fault.manner), at: now + fault.duration)
    }

    /// How long silence is borne by fault: the inner nil means for ever.
    func faultyPatience(_ held: EdgeFlow) -> Duration?? {
        if settings.faults.isEmpty { return nil }
        if settings.faults.has(.neverCloses) { return .some(nil) }
        if let fault = settings.faults.first(.closesEarly) { return .some(fault.duration) }
        // A phone that was not granted outbound owes no keep-alives.
        if settings.faults.has(.noRequire) { return .some(settings.idleTime) }
        // What is announced is kept, and without an announcement what phones do by themselves (RFC 5626 §4.4.1).
        guard held.hasOutbound, let timer = settings.flowTimer else { return nil }
        let changed = settings.faults.first(.changedFlowTimer)?.value
        guard changed != nil || settings.faults.has(.noFlowTimer) else { return nil }
        return .some(.seconds(max(Int(timer), changed ?? 0, 120)) + settings.grace)
    }

    // MARK: Pongs

    /// True when the pong has been seen to, or is left out.
    mutating func spoilsPong(_ id: FlowID, at now: Timestamp) -> Bool {
        let plan = settings.faults
        defer { killAfterPings(id, at: now) }
        if plan.has(.noPong) { return true }
        if let fault = plan.first(.latePong) {
            counters.crlfPongs += 1
            later(.send([ASCII.cr, ASCII.lf], id), at: now + fault.duration)
            return true
        }
        if plan.has(.splitPong), flows[id]?.flow.transport != .ws, flows[id]?.flow.transport != .wss {
            counters.crlfPongs += 1
            sendRaw([ASCII.cr], on: id, at: now)
            later(.send([ASCII.lf], id), at: now + .milliseconds(200))
            return true
        }
        if plan.has(.doublePong) { pong(id, at: now) }
        return false
    }

    mutating func killAfterPings(_ id: FlowID, at now: Timestamp) {
        guard let fault = settings.faults.first(.killAfterPings), let slot = flows.index(forKey: id),
            flows.values[slot].pings >= UInt32(fault.value), !flows.values[slot].mischief.isDoomed
        else { return }
        flows.values[slot].mischief.isDoomed = true
        // At once would come before the pong.
        later(.close(id, fault.manner), at: now)
    }

    /// Does something at its time.
    mutating func later(_ output: HubOutput<EdgeEvent>, at time: Timestamp) {
        guard late.count < settings.limits.transactions else { return }
        let ticket = number()
        late[ticket] = output
        alarms.insert(.late(ticket), at: time)
    }

    mutating func emitLate(_ output: HubOutput<EdgeEvent>, at now: Timestamp) {
        switch output {
        case .close(let id, let manner): close(id, manner, at: now)
        case .send(let octets, let id):
            guard isUp(id) else { return }
            if octets == [ASCII.lf] || octets == [ASCII.cr, ASCII.lf] {
                observe(id, .fromServer, at: now) { .crlf(completesPair: false, ownSegment: octets.count == 2) }
                sendRaw(octets, on: id, at: now)
            } else {
                sendBehindCRLF(octets, on: id, at: now)
            }
        case .open, .event: outputs.append(output)
        }
    }

    // MARK: STUN

    mutating func faultySTUNAnswer(to request: STUNMessage, on id: FlowID, at now: Timestamp) -> [UInt8]? {
        guard let slot = flows.index(forKey: id) else { return nil }
        let plan = settings.faults
        defer { killAfterPings(id, at: now) }
        if plan.has(.noSTUN) { return nil }
        flows.values[slot].mischief.answers += 1
        var remote = flows.values[slot].flow.remote
        if let fault = plan.first(.changingMappedAddress), flows.values[slot].mischief.answers >= fault.value {
            remote = TransportAddress(ip: remote.ip, port: remote.port ^ 1)
        }
        if plan.has(.wrongMappedAddress) { remote = TransportAddress(ip: remote.ip, port: remote.port &+ 1) }
        if let fault = plan.first(.stunError) {
            var writer = STUNMessageWriter(.bindingError, request.transactionID)
            let code = UInt16((300...699).contains(fault.value) ? fault.value : 400)
            writer.append(errorCode: STUNErrorCode(code: code, reason: "By Fault"))
            return writer.message
        }
        if plan.has(.cookieLessAnswer) {
            var writer = STUNMessageWriter(.bindingSuccess, request.transactionID, cookie: 0)
            writer.append(.mappedAddress, plain: remote)
            return writer.message
        }
        if plan.has(.noMappedAddress) {
            var writer = STUNMessageWriter(.bindingSuccess, request.transactionID)
            writer.append(software: settings.software)
            return writer.message
        }
        if plan.has(.softwareFirst) {
            var writer = STUNMessageWriter(.bindingSuccess, request.transactionID)
            writer.append(software: settings.software)
            writer.append(STUNAttributeType(rawValue: 0xC0DE), [1, 2, 3])
            writer.append(xorMappedAddress: remote)
            return writer.message
        }
        if plan.has(.forgedSTUN) {
            let other = STUNTransactionID(high: ~request.transactionID.high, low: ~request.transactionID.low)
            var writer = STUNMessageWriter(.bindingSuccess, other)
            writer.append(xorMappedAddress: TransportAddress(ip: IPAddress(v4: 0xC633_6407), port: 9))
            let forged = writer.message
            observe(id, .fromServer, at: now) {
                unsafe STUNFacts.read(forged.span.bytes, isCut: false).map { .stun($0) }
                    ?? .otherDatagram(length: forged.count, first: forged.first)
            }
            outputs.append(.send(forged, id))
        }
        return Self.stunAnswer(to: request, from: remote, software: settings.software)
    }

    // MARK: Tokens

    /// Appends the token of `flow`; false when the format cannot hold it.
    func appendToken(_ flow: Flow, to text: inout [UInt8]) -> Bool {
        guard settings.faults.has(.tokenWithoutMAC) else { return mint.append(flow, to: &text) }
        var octets = [UInt8](repeating: 0, count: BinaryFlowLayout.codeCount)
        let v6: UInt8 = flow.local.ip.isIPv6 && settings.tokenFormat == .kamailio ? 0x80 : 0
        guard let body = BinaryFlowLayout.body(flow, transport: KamailioToken.number(flow.transport) | v6) else {
            return false
        }
        octets += body
        text.append(text: Base64.encode(octets))
        return true
    }

    func tokenFlow(_ token: String) -> Flow? {
        guard settings.faults.has(.tokenWithoutMAC) else { return mint.flow(of: token) }
        let octets = Array(token.utf8)
        return (unsafe try? FlowTokenCodec.decode(octets.span.bytes, as: .kamailio))?.flow
    }
}
