/// An answer to a REGISTER whose `received` and `rport` name another address of the client than STUN on the same flow did
/// before it (RFC 3581 §4). The NAT may have changed its mind in between: only when the next STUN answer names the old
/// address again is it certain that something on the way rewrites SIP, and STUN not.
struct AddressDisagreement: Sendable {
    let seen: TransportAddress
    let mapped: TransportAddress
    let time: Int64
    let frame: UInt64
    private(set) var isCertain = false

    /// As many answers of a flow are looked at: what rewrites one rewrites all.
    static let answersLookedAt = 4

    /// Nil where both agree, or where the answer does not say what the server saw.
    init?(_ response: borrowing SIPMessage, mapped: TransportAddress, time: Int64, frame: UInt64) {
        guard let via = (try? response.topVia()) ?? nil, let seen = ExchangeRules.OB_RPORT_002.address(via),
            seen.port != mapped.port || seen.ip.unmapped != mapped.ip.unmapped
        else { return nil }
        (self.seen, self.mapped, self.time, self.frame) = (seen, mapped, time, frame)
    }

    /// - Parameter mapping: what STUN shows now.
    func isProven(by mapping: STUNMapping?) -> Bool {
        mapping.map { $0.address == mapped && $0.answered > time } ?? false
    }

    mutating func confirm() { isCertain = true }

    var finding: (saw: String, expected: String) {
        ("received/rport \(seen)", "the STUN mapped address \(mapped), before and after")
    }
}

/// What the STUN answers of a flow have shown so far.
struct STUNMapping {
    let address: TransportAddress
    /// When the last answer came.
    let answered: Int64
    /// How many REGISTERs succeeded on the flow.
    let registrations: UInt32
}

extension FlowRecord {
    /// Nil without STUN answers since the flow was registered. A late answer is counted and not compared: with one of those
    /// the address is not known for sure.
    var mapping: STUNMapping? {
        guard kind == .stun, let mappedAddress, latePongs == 0 else { return nil }
        return STUNMapping(address: mappedAddress, answered: lastPong, registrations: registerSuccesses)
    }
}
