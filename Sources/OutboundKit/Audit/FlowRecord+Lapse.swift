/// Bindings that run out while their client goes on with keep-alives: the phone believes that it is registered, and nobody
/// can reach it.
extension FlowRecord {
    /// A registrar's clock need not be the capture's, and many look through their bindings every few seconds.
    private static let allowance: Int64 = 5 * .second

    /// A REGISTER came for a binding that had run out.
    mutating func noteLapse(_ index: Int, _ time: Int64, _ frame: UInt64) {
        let lapsed = lapsedAt(index)
        registrations.update(index) { if $0.asked == .no { $0.asked = .seen } }
        guard let lapsed else { return }
        log.add(.lapsed, time, frame, lapsed, Int64(clamping: registrations[index].expires ?? 0))
    }

    /// A final response came whose REGISTER was not seen, for a fragment of it is missing, say: any binding may have been
    /// refreshed.
    mutating func noteUnseenRegister(_ key: Int, isGrant: Bool) {
        // An answer sent again says what it said before; a 2xx behind a refusal is that to a REGISTER with the numbers of the
        // last, which some phones send.
        guard hasRefused(key) ? isGrant : !answeredLast(key) else { return }
        for index in registrations.indices {
            registrations.update(index) { registration in
                if isGrant || registration.asked != .grantedUnseen {
                    registration.asked = isGrant ? .grantedUnseen : .unseen
                }
            }
        }
    }

    /// When a binding ran out, if nobody asked for it again by then and the client was awake all the same; nil for all
    /// others.
    ///
    /// Who slept and wakes may send a keep-alive before its REGISTER. Behind the longest pause that the flow ever made
    /// since the end, one keep-alive at least came while the client was awake and the binding gone. Without an
    /// instance-id, a binding of other words or on another port may have taken its place.
    func lapsedAt(_ index: Int) -> Int64? {
        let (isBound, key, end) = registrations.with(index) {
            (
                $0.isBound && $0.asked == .no && !$0.hasUnknownLifetime, $0.bindingKey,
                $0.terms.value.end(since: $0.lastGranted)
            )
        }
        guard isBound, key != 0, end < lastKeepAlive, pings > 2, !hasFailed else { return nil }
        let beyond = lastKeepAlive &- end
        guard beyond > Self.allowance, beyond > intervals.longest,
            lastGap < registrations.with(index, { $0.lastGranted }),
            sights.isDisjoint(with: [.replaced, .copy, .forwarded, .cutSIP, .malformedSIP])
        else { return nil }
        return end
    }
}
