/// Where the evidence was taken. A rule may ask for it, never for the source of an event.
public enum Vantage: String, Sendable, Hashable, CaseIterable {
    /// Before the NAT: what the user agent really sent, and when.
    case ua
    /// Between the NAT and the edge proxy: times carry network delay, addresses are the NAT's.
    case edge
    /// Between the edge proxy and the registrar: no keep-alives are due here.
    case core
}
