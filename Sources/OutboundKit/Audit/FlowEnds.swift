/// Both ends of a flow and the mapped address that STUN tells, packed: nearly all are IPv4, and stand here; IPv6 addresses
/// take a piece of memory of their own.
struct FlowEnds: Sendable {
    private struct Wide: Sendable {
        let client: IPAddress
        let server: IPAddress
        var mapped: IPAddress?
    }

    private enum Mapped: UInt8 {
        case none
        case here
        case wide
    }

    // What every answer is compared with comes first.
    private var mappedIP: UInt32 = 0
    private var mappedPort: UInt16 = 0
    private var mappedPlace = Mapped.none
    let transport: TransportProtocol
    private var wide: Shared<Wide>?
    private let clientIP: UInt32
    private let serverIP: UInt32
    private let clientPort: UInt16
    private let serverPort: UInt16
    private let kind: FlowEvent.Opening.Kind

    init(_ opening: FlowEvent.Opening) {
        let (client, server) = (opening.client, opening.server)
        wide = client.ip.isIPv6 || server.ip.isIPv6 ? Shared(Wide(client: client.ip, server: server.ip)) : nil
        (clientIP, clientPort) = (UInt32(truncatingIfNeeded: client.ip.low), client.port)
        (serverIP, serverPort) = (UInt32(truncatingIfNeeded: server.ip.low), server.port)
        (transport, kind) = (opening.transport, opening.kind)
    }

    var client: TransportAddress {
        TransportAddress(ip: wide?.value.client ?? IPAddress(v4: clientIP), port: clientPort)
    }
    var server: TransportAddress {
        TransportAddress(ip: wide?.value.server ?? IPAddress(v4: serverIP), port: serverPort)
    }
    var opening: FlowEvent.Opening {
        FlowEvent.Opening(transport: transport, client: client, server: server, kind: kind)
    }

    /// Asks for the addresses that stand elsewhere (`Prefetch`).
    @inline(__always)
    mutating func prefetch() { Prefetch.object(wide, lines: 2) }

    var mapped: TransportAddress? {
        @inline(__always) get {
            switch mappedPlace {
            case .none: nil
            case .here: TransportAddress(ip: IPAddress(v4: mappedIP), port: mappedPort)
            case .wide: wide?.value.mapped.map { TransportAddress(ip: $0, port: mappedPort) }
            }
        }
        set {
            guard let newValue else {
                mappedPlace = .none
                return
            }
            mappedPort = newValue.port
            if newValue.ip.isIPv6 {
                mappedPlace = .wide
                wide = Shared(Wide(client: client.ip, server: server.ip, mapped: newValue.ip))
            } else {
                mappedPlace = .here
                mappedIP = UInt32(truncatingIfNeeded: newValue.ip.low)
            }
        }
    }
}
