/// Which edge a request is for, and where it came from, as far as it tells by itself: what its reader has not said is taken
/// from it, and said.
struct EdgeAssumption {
    /// Whether the topmost Route leads to the edge.
    let isOwn: Bool
    /// Where the request came from; nil when that does not show.
    let source: TransportAddress?
    /// What was assumed, for a person; empty when all was said.
    let words: [String]

    /// - Parameters:
    ///   - top: the URI of the topmost Route.
    ///   - tokens: those of the request.
    init(
        _ top: SIPURI, of request: SIPMessage, _ context: Inspection.Context, _ tokens: [InspectedToken]
    ) {
        let token = tokens.first { $0.place == .route && $0.isFirst && $0.assessment.token != nil }
        var words: [String] = []
        if !context.edges.isEmpty {
            isOwn = context.edges.contains { Self.names($0, top) }
        } else if token != nil {
            isOwn = true
            words.append("the topmost Route is the edge's: it has a flow token")
        } else if top.hasParameter("ob") {
            isOwn = true
            words.append("the topmost Route is the edge's: it has ob")
        } else if let (field, uri) = Self.witness(of: request, tokens) {
            isOwn = Self.names(Self.hostport(uri), top)
            words.append(
                isOwn
                    ? "the topmost Route is the edge's: its host has put a flow token into \(field)"
                    : "the edge is \(Self.hostport(uri)), whose flow token is in \(field): the topmost Route leads elsewhere"
            )
        } else {
            isOwn = true
            words.append("the topmost Route is the edge's, since nothing in the request tells: --edge names the edge")
        }
        var source = context.source
        // Only where two witnesses agree: behind a NAT Via alone names an address that the edge never saw.
        if source == nil, let remote = token?.assessment.token?.remote, Self.sender(of: request) == remote {
            source = remote
            words.append(
                "it comes from \(remote), the flow that the topmost Route names: the topmost Via says so as well")
        }
        self.source = source
        self.words = words
    }

    /// A Record-Route or a first hop's Path with a flow token: who has put it there.
    private static func witness(of request: SIPMessage, _ tokens: [InspectedToken]) -> (field: String, uri: SIPURI)? {
        for (place, name) in [(InspectedToken.Place.recordRoute, HeaderName.recordRoute), (.path, .path)] {
            let known = Set(tokens.filter { $0.place == place && $0.assessment.token != nil }.map(\.text))
            guard !known.isEmpty, let values = try? request.nameAddrs(name) else { continue }
            if let value = values.last(where: { known.contains($0.uri.user ?? "") }) {
                return (place.rawValue, value.uri)
            }
        }
        return nil
    }

    /// The address that the topmost Via has for the sender: the one that a receiver saw, or else the sender's own.
    private static func sender(of request: SIPMessage) -> TransportAddress? {
        guard let first = request.values(.via).first,
            let via = request.withSpan({ span in try? Via.parse(span, first.range) }),
            let ip = IPAddress(via.received ?? via.host)
        else { return nil }
        var port = via.port ?? (via.transport == .tls ? 5061 : 5060)
        if case .value(let text) = via.rport, let seen = UInt16(text) { port = seen }
        return TransportAddress(ip: ip, port: port)
    }

    private static func hostport(_ uri: SIPURI) -> String {
        let host = uri.host.utf8.contains(ASCII.colon) ? "[\(uri.host)]" : uri.host
        return uri.port.map { "\(host):\($0)" } ?? host
    }

    /// Whether `host` or `host:port` is that of the URI; without a port, whatever the URI's is.
    private static func names(_ edge: String, _ uri: SIPURI) -> Bool {
        let host = uri.host.utf8.contains(ASCII.colon) ? "[\(uri.host)]" : uri.host
        let port = uri.port ?? (uri.scheme == .sips ? 5061 : 5060)
        return ASCII.equalsIgnoringCase(edge, host) || ASCII.equalsIgnoringCase(edge, "\(host):\(port)")
    }
}
