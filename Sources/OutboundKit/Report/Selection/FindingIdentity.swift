/// Whom a finding is about, in words that hold from one capture to the next: flow numbers and packet numbers are the
/// capture's own, a phone's port and connection change with every start, but a phone stays the phone that it is.
///
/// - A registered phone is its transport, AOR, instance-id and reg-id (RFC 5626 §6: the key of a binding). Of several
///   registrations on one flow the first in the order of the alphabet stands for all.
/// - One that registers without an instance-id is its transport, AOR and IP address.
/// - Where nobody registered it is the transport, the client's IP address and the server; the client's port never
///   counts, since hosts and NATs choose it anew.
public struct FindingIdentity: Sendable {
    private let ledger: FlowLedger

    public init(_ ledger: FlowLedger) { self.ledger = ledger }

    /// Requirement and identity of the subject: `OB-FT-004 tcp sip:alice@example.com urn:uuid:… reg-id 1`.
    ///
    /// The same for the same fault of the same phone, whenever and wherever it was captured. The verdict is no part of
    /// it, so that a later run can tell when something became worse.
    public func fingerprint(_ finding: Finding) -> String {
        "\(finding.rule) \(subject(finding.subject))"
    }

    /// The identity behind a subject: a flow's name, or the text itself where it names no flow.
    public func subject(_ name: String) -> String {
        guard let flow = record(name) else { return MarkupText.singleLine(name) }
        return MarkupText.singleLine(Self.identity(flow))
    }

    /// Every word by which a person may point at the subject: its identity, AORs with and without their scheme, the
    /// client's address with and without port, the flow's name.
    func names(_ name: String) -> [String] {
        guard let flow = record(name) else { return [name] }
        var names = [Self.identity(flow), name, flow.client.description, flow.client.ip.description]
        for registration in flow.registrations.prefix(Self.maximumNames) {
            names.append(registration.aor)
            names.append(Self.withoutScheme(registration.aor))
        }
        return names
    }

    /// Of a flow with more registrations, such as a gateway's, the rest gives no names.
    private static let maximumNames = 64

    static func withoutScheme(_ aor: String) -> String {
        guard let colon = aor.firstIndex(of: ":") else { return aor }
        return String(aor[aor.index(after: colon)...])
    }

    private func record(_ name: String) -> FlowSummary? {
        guard let flow = FlowID(named: name) else { return nil }
        return ledger[flow].map { FlowSummary($0, end: ledger.lastTime) } ?? ledger.evicted?.named[flow]
    }

    private static func identity(_ flow: FlowSummary) -> String {
        let first = flow.registrations.min { left, right in
            (left.aor, left.instance ?? "", left.regID ?? "") < (right.aor, right.instance ?? "", right.regID ?? "")
        }
        guard let first else { return "\(flow.transport) \(flow.client.ip) -> \(flow.server)" }
        guard let instance = first.instance else { return "\(flow.transport) \(first.aor) \(flow.client.ip)" }
        return "\(flow.transport) \(first.aor) \(instance)" + (first.regID.map { " reg-id \($0)" } ?? "")
    }
}

extension FlowRegistration {
    /// Whether a glob means this AOR, with its scheme or without.
    public func isNamed(by pattern: String) -> Bool {
        Glob.matches(aor, pattern: pattern) || Glob.matches(FindingIdentity.withoutScheme(aor), pattern: pattern)
    }
}
