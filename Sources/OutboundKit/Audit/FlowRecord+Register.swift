/// REGISTER and its responses on a flow: they decide which keep-alives are owed.
extension FlowRecord {
    /// Bounds of what is kept for one flow; a flow between proxies carries the registrations of many.
    static let maximumRegistrations = 64
    static let maximumPendingRegisters = 16

    /// A packet that comes again sooner was doubled by the network or the capture, and is nobody's retransmission.
    static let leastGap: Int64 = 20_000_000

    /// Takes a REGISTER of the client.
    /// - Returns: the index of its registration, and which binding that is for; nil for a retransmission and for what
    ///   cannot be read.
    mutating func observeRegister(
        _ message: SIPMessage, key: Int, time: Int64, frame: UInt64, _ pool: inout RegistrationPool
    ) -> (place: Int, bindingKey: Int)? {
        registerRequests &+= 1
        sights.insert(.register)
        if message.viaCount > 1 { sights.insert(.forwarded) }
        if answeredLast(key) || hasRefused(key) { return nil }
        if let copy = pendingRegisters.firstIndex(where: { $0.key == key }) {
            noteCopy(copy, time, frame)
            return nil
        }
        let signature = RegistrationReader.requestSignature(message)
        var index = registrations.firstIndex { $0.signature == signature } ?? -1
        let removesAll = index < 0 && RegistrationReader.isForAll(message)
        var place = index < 0 ? 0 : registrations.with(index) { $0.contactPlace }
        if removesAll {
            index = anyRegistration(of: RegistrationReader.addressOfRecord(message))
        } else if index < 0, registrations.count < Self.maximumRegistrations || !sights.contains(.forwarded),
            let fresh = RegistrationReader.registration(message, signature: signature, &pool)
        {
            place = fresh.contactPlace
            // The same binding in other words, such as a removal, keeps its place.
            if let same = registrations.firstIndex(where: {
                $0.bindingKey == fresh.bindingKey && $0.bindingKey != 0
            }) ?? removed(by: fresh, message) {
                index = same
            } else if registrations.count < Self.maximumRegistrations {
                registrations.append(fresh)
                index = registrations.count - 1
            } else {
                log.add(.unkeptRegistration, time, frame)
            }
        }
        // The lifetime that another one in the same words asked for need not be read again.
        let isKnown = index >= 0 && registrations.with(index) { $0.signature } == signature
        let own =
            isKnown
            ? registrations.with(index) { $0.contactExpires { RegistrationReader.contactExpires(message) } }
            : RegistrationReader.contactExpires(message)
        let requestedExpires = message.has(.contact) ? own ?? message.integer(.expires) : nil
        var pending = PendingRegister(
            key: key, signature: RegistrationReader.demandSignature(message, signature: signature), time: time,
            frame: frame, registration: index,
            requestedExpires: requestedExpires, followsCRLF: followsCRLF,
            credentials: (message.has(.authorization), message.has(.proxyAuthorization)), removesAll: removesAll,
            contactPlace: place, lastSent: time)
        if index >= 0 {
            if pending.requestedExpires != 0 {
                noteStrayRefresh(index, time, frame)
                noteLapse(index, time, frame)
            }
            if !removesAll {
                pending.hasNewCallID = noteCallID(RegistrationReader.callIDKey(message), index, time)
            }
        }
        if pendingRegisters.isEmpty { pool.lend(to: &pendingRegisters) }
        if pendingRegisters.count == Self.maximumPendingRegisters { pendingRegisters.removeFirst() }
        pendingRegisters.append(pending)
        return index < 0 ? nil : (index, registrations.with(index) { $0.bindingKey })
    }

    /// There are more registrations than are kept: those that are no longer bound may not be all.
    var hasUnkeptRegistrations: Bool { log.contains(.unkeptRegistration) }

    /// Another Call-ID on the addresses of before: the phone was started anew, may have been away in between, and counts its
    /// keep-alives from here. A stream does not outlive that.
    /// - Returns: whether it is another one.
    private mutating func noteCallID(_ callID: UInt32, _ index: Int, _ time: Int64) -> Bool {
        let before = registrations.update(index) { registration in
            defer { registration.callID = callID }
            return registration.callID
        }
        guard before != callID, before != 0 else { return false }
        guard !isStream, pings > 0, failure == nil else { return true }
        closeEpoch(at: lastPing, frame: lastKeepAliveFrame)
        duty.since = time
        return true
    }

    /// The registration that a removal without an instance-id is for. There the Contact's URI names the binding.
    private func removed(by fresh: FlowRegistration, _ message: SIPMessage) -> Int? {
        guard fresh.bindingKey == 0, fresh.instance == nil,
            (RegistrationReader.contactExpires(message) ?? message.integer(.expires)) == 0
        else { return nil }
        let same = registrations.indices.filter { index in
            registrations[index].bindingKey == 0 && registrations[index].aor == fresh.aor
                && registrations[index].contactKey == fresh.contactKey
        }
        return same.count == 1 ? same.first : nil
    }

    /// The place of one of the AOR's registrations, a bound one if there is one; -1 without. `Contact: *` names no binding,
    /// and is none itself.
    private func anyRegistration(of aor: String?) -> Int {
        let known = registrations.indices.filter { registrations[$0].aor == aor }
        return known.first { registrations[$0].isBound } ?? known.first ?? -1
    }

    /// The places of all registrations of the AOR that the one at `index` is of.
    func registrations(withAORAt index: Int) -> [Int] {
        let aor = registrations[index].aor
        return registrations.indices.filter { registrations[$0].aor == aor }
    }

    /// The same REGISTER again. On datagrams its sends follow Timer E (RFC 3261 §17.1.2.2).
    private mutating func noteCopy(_ index: Int, _ time: Int64, _ frame: UInt64) {
        let gap = time &- pendingRegisters[index].lastSent
        guard !isStream, gap >= Self.leastGap else { return }
        pendingRegisters[index].lastSent = time
        pendingRegisters[index].sends += 1
        // The second send comes after T1, half a second; the fourth, for which nobody waits less, after 2 s.
        if pendingRegisters[index].sends == 2, gap > 3 * .second / 2 { pendingRegisters[index].beganUnseen = true }
        let sends = pendingRegisters[index].sends
        if gap < 400_000_000 || sends > 11 { log.add(.hurriedRegister, time, frame, gap, sends) }
    }

    /// Others' lifetimes above this are no mark of a mix-up: many phones register every half minute for the NAT's sake.
    private static let shortForeignLifetime: UInt64 = 20

    /// A refresh just before another's contact expires, while the own one has most of its life left.
    private mutating func noteStrayRefresh(_ index: Int, _ time: Int64, _ frame: UInt64) {
        let terms = registrations.with(index) { $0.terms.value }
        guard let foreign = terms.foreignExpires, foreign <= Self.shortForeignLifetime, let own = terms.expires,
            own > 4 * foreign
        else { return }
        let waited = time &- registrations[index].lastGranted
        let lifetime = Int64(foreign) * .second
        guard waited >= lifetime / 2, waited <= lifetime + .second else {
            registrations[index].strayRefreshes = 0
            return
        }
        if registrations[index].strayRefreshes < .max { registrations[index].strayRefreshes += 1 }
        if registrations[index].strayRefreshes >= 3 {
            log.add(.strayRefresh, time, frame, waited, lifetime, Int64(clamping: own))
        }
    }

    /// The pending REGISTER that a final response belongs to, whose wait it ends, and which binding it is for.
    mutating func takePending(
        key: Int, _ pool: inout RegistrationPool
    ) -> (register: PendingRegister, bindingKey: Int)? {
        guard let index = pendingRegisters.firstIndex(where: { $0.key == key }) else { return nil }
        noteAnswer(to: key)
        let pending = pendingRegisters.remove(at: index)
        // Most of the time none is pending, on a million flows.
        if pendingRegisters.isEmpty { pool.takeBack(&pendingRegisters) }
        return (pending, pending.registration < 0 ? 0 : registrations.with(pending.registration) { $0.bindingKey })
    }

    /// A 2xx to `pending`: the terms of this flow from now on.
    mutating func grant(
        _ message: SIPMessage, _ pending: PendingRegister, time: Int64, frame: UInt64, settings: AuditSettings,
        _ pool: inout RegistrationPool
    ) {
        registerSuccesses &+= 1
        lastSuccess = time
        successFrame = frame
        sights.insert(.registered)
        successIsGlued = lastServerCRLF == time
        let requireOutbound = message.hasOptionTag("outbound", in: .require)
        let timers = message.count(.flowTimer)
        let timer = timers > 0 ? message.integer(.flowTimer) : nil
        if timers > 0 { checkFlowTimer(message, timers, requireOutbound, time, frame) }
        let keep = RegistrationReader.keep(message)
        let pathOB = RegistrationReader.pathHasOB(message)
        if requireOutbound || keep != nil || pathOB { sights.insert(.sign) }
        forgetRefusals(of: pending.registration)
        if pending.removesAll {
            if pending.registration >= 0 { unbindAll(withAORAt: pending.registration) }
        } else if pending.registration >= 0 {
            let index = pending.registration
            let removed = pending.requestedExpires == 0
            let lacksRegID = registrations.update(index) { registration in
                registration.isBound = !removed
                if !removed {
                    let before = registration.expires
                    registration.settle(
                        message, pending, time, frame, requireOutbound, timer, keep, pathOB, &pool)
                    registration.noteShrinking(from: before, asked: pending.requestedExpires)
                }
                return !registration.hasRegID && !registration.hasUnreadContact
            }
            let shrinks = registrations.with(index) { $0.shrinks }
            if shrinks >= FlowRegistration.shrinkingHabit {
                let granted = registrations.with(index) { $0.expires } ?? 0
                log.add(.shrinkingLifetime, time, frame, Int64(clamping: granted), Int64(shrinks))
            }
            if requireOutbound, lacksRegID, !removed { log.add(.requireWithoutRegID, time, frame) }
        }
        guard registrations.contains(where: { $0.isBound }) || pending.registration < 0 || hasUnkeptRegistrations else {
            endDuty()
            return
        }
        var own = GrantTerms()
        (own.outboundGranted, own.flowTimer, own.keep, own.pathHasOB) = (requireOutbound, timer, keep, pathOB)
        if pending.registration >= 0 {
            own.expires = registrations.with(pending.registration) { $0.terms.value.expires }
        }
        if registrations.count > 1, pending.registration >= 0 {
            renewSharedDuty(own, pending, time, settings, &pool)
        } else if pending.requestedExpires == 0 {
            return
        } else {
            renewDuty(own, own.end(since: time), time, settings, &pool)
        }
        if failure != nil, pending.requestedExpires != 0 { revive() }
    }

    /// A 2xx to `Contact: *`: with or without an instance-id, nothing of the AOR is left (RFC 3261 §10.2.2).
    private mutating func unbindAll(withAORAt index: Int) {
        for place in registrations(withAORAt: index) {
            registrations.update(place) { $0.isBound = false }
            forgetRefusals(of: place)
        }
    }

    /// Several bindings share the flow, and with it its keep-alives: a 2xx that says nothing of them, such as that of
    /// another account or of a query, takes nothing back that the 2xx for another one granted and that still holds.
    private mutating func renewSharedDuty(
        _ own: GrantTerms, _ pending: PendingRegister, _ time: Int64, _ settings: AuditSettings,
        _ pool: inout RegistrationPool
    ) {
        let isRemoval = pending.requestedExpires == 0
        // What a device registers anew under another reg-id, or without one, takes the place of what it had.
        let device = isRemoval ? 0 : registrations.with(pending.registration) { $0.deviceKey }
        var latest = isRemoval ? nil : Self.basis(own) == .none ? nil : own
        var latestAt = latest == nil ? Int64.never : time
        var until = isRemoval ? time : own.end(since: time)
        var isOutbound = false
        for registration in registrations
        where registration.isBound && (device == 0 || registration.deviceKey != device) {
            let terms = registration.terms.value
            let end = terms.end(since: registration.lastGranted)
            guard end > time, Self.basis(terms) != .none else { continue }
            if latestAt == .never || end > until { until = end }
            isOutbound = isOutbound || terms.outboundGranted
            if registration.lastGranted > latestAt { (latest, latestAt) = (terms, registration.lastGranted) }
        }
        guard var latest else {
            if isRemoval, hasUnkeptRegistrations { return }
            if isRemoval { endDuty() } else { renewDuty(own, until, time, settings, &pool) }
            return
        }
        latest.outboundGranted = latest.outboundGranted || isOutbound
        renewDuty(latest, until, time, settings, &pool)
    }

    /// Which keep-alives a 2xx asks for.
    private static func basis(_ terms: GrantTerms) -> KeepAliveDuty.Basis {
        if terms.outboundGranted, let timer = terms.flowTimer, timer > 0 { return .flowTimer(timer) }
        if let keep = terms.keep, keep > 0 { return .keep(keep) }
        return terms.outboundGranted || terms.pathHasOB || terms.keep == 0 ? .defaults : .none
    }

    /// Who lets a binding run out for longer than that was away; sooner it was a refresh that came late.
    private static let absence: Int64 = 60 * .second

    private mutating func renewDuty(
        _ terms: GrantTerms, _ until: Int64, _ time: Int64, _ settings: AuditSettings, _ pool: inout RegistrationPool
    ) {
        endUnanswered()
        let requireOutbound = terms.outboundGranted
        guard settings.vantage != .core, !sights.contains(.forwarded) else { return }
        // An earlier duty on the flow ended, or ran out, before this one began: what was not sent in between was not owed.
        let isAnew =
            pings == 0
            && (dutyEnded == .never
                ? time &- duty.until > Self.absence
                : dutyEnded &- firstDuty <= OB_KA.KeepsFlowAlive.limit(self, settings))
        let basis = Self.basis(terms)
        if basis == .none, duty.isOwed { dutyEnded = min(time, duty.until) }
        if basis != duty.basis || time > duty.until {
            closeEpoch(at: time, frame: successFrame)
            if duty.seconds != nil, basis != duty.basis {
                oldLimit = duty.limit
                oldShort = duty.shortBelow
                oldTimerRun = 0
            }
            duty = KeepAliveDuty(
                pool.duty(basis, isOutbound: requireOutbound, isStream: isStream, settings), since: time)
        } else if duty.isOutbound != requireOutbound {
            duty.replaceTerms(pool.duty(basis, isOutbound: requireOutbound, isStream: isStream, settings))
        }
        if duty.isOwed {
            everOwed = true
            dutyEnded = .never
            if requireOutbound { everOutbound = true }
            if let seconds = duty.seconds { announced = seconds }
            if firstDuty == .never || isAnew { firstDuty = time }
        }
        duty.until = until
    }

    /// Registered again on the same addresses: a new flow as far as keep-alives go, with a mapped address of its own.
    private mutating func revive() {
        failure = nil
        failedAt = .never
        recoveryDueSince = .never
        mappedAddress = nil
        duty.since = lastSuccess
        closeEpoch(at: lastSuccess, frame: successFrame)
    }

    private mutating func checkFlowTimer(
        _ message: SIPMessage, _ fields: Int, _ requireOutbound: Bool, _ time: Int64, _ frame: UInt64
    ) {
        let span = unsafe message.bytes.span.bytes
        let isNumber = message.first(.flowTimer).map { field in
            !field.value.isEmpty && field.value.range.allSatisfy { ASCII.isDigit(span.octet($0)) }
        }
        if fields > 1 || isNumber != true {
            let isCut = message.first(.flowTimer)?.value.range.contains { span.octet($0) == ASCII.nul } ?? false
            log.add(.badFlowTimer, time, frame, Int64(fields), isCut ? 1 : 0)
        }
        if !requireOutbound || message.viaCount > 1 {
            log.add(.misplacedFlowTimer, time, frame, Int64(message.statusCode), Int64(message.viaCount))
        }
    }

    /// A REGISTER for this flow's binding is on its way, here or elsewhere: whatever failure waited for it is answered.
    mutating func settleRecovery(at time: Int64, frame: UInt64, settings: AuditSettings) {
        guard recoveryDueSince != .never else { return }
        noteMissingRecovery(at: time, frame: frame, settings: settings)
        recoveryDueSince = .never
    }

    /// How long the next attempt may take: W(1) of the high base, 180 s by default (OB-REC-012), and more where this
    /// flow was one of a row of failures, since without an answered keep-alive it was no success (OB-REC-008).
    func recoveryLimit(_ settings: AuditSettings) -> Int64 {
        let failures = lastPong > boundAt ? 0 : priorFailures + 1
        let wait = OB_REC.upperBound(max(failures, 1), high: true, settings)
        return wait + settings.tolerances.backOff.around(wait)
    }

    mutating func noteMissingRecovery(at time: Int64, frame: UInt64, settings: AuditSettings) {
        guard recoveryDueSince != .never else { return }
        let limit = recoveryLimit(settings)
        guard time &- recoveryDueSince > limit else { return }
        log.add(.noRecovery, time, frame, recoveryDueSince, Int64(failure?.rawValue ?? 0), limit)
    }
}

extension FlowRegistration {
    /// Refreshes before shrinking is called a habit: a registrar may well lower what it grants once or twice.
    static let shrinkingHabit: UInt8 = 3

    fileprivate mutating func noteShrinking(from before: UInt64?, asked: UInt64?) {
        guard let before, let granted = expires, asked == before, granted < before else {
            shrinks = 0
            return
        }
        if shrinks < .max { shrinks += 1 }
    }

    /// A 2xx has granted it.
    fileprivate mutating func settle(
        _ message: SIPMessage, _ pending: PendingRegister, _ time: Int64, _ frame: UInt64, _ requireOutbound: Bool,
        _ timer: UInt64?, _ keep: UInt64?, _ pathOB: Bool, _ pool: inout RegistrationPool
    ) {
        var granted = terms.value
        let signature = UInt32(truncatingIfNeeded: RegistrationReader.responseSignature(message))
        if responseSignature != signature || granted.expires == nil {
            responseSignature = signature
            let lifetime = GrantedLifetime(message, PlainContact(message), for: self, place: pending.contactPlace)
            granted.expires = lifetime.own ?? pending.requestedExpires
            granted.isExpiresKnown = lifetime.isKnown
            granted.foreignExpires = lifetime.foreign
        }
        lastGranted = time
        asked = .no
        granted.outboundGranted = requireOutbound
        granted.flowTimer = timer
        granted.keep = keep
        granted.pathHasOB = pathOB
        if terms.value != granted { terms = pool.terms(granted) }
        if firstGranted == .never {
            firstGranted = time
            grantedFrame = frame
            takePath(of: message, &pool)
        }
    }
}
