import ArgumentParser
import OutboundKit

/// Where to listen: `TRANSPORT:ADDRESS:PORT`, as in `tcp:127.0.0.1:5060` or `udp:[::1]:5060`; port 0 lets the host choose.
struct Listener: ExpressibleByArgument, Hashable, CustomStringConvertible {
    let transport: TransportProtocol
    let address: TransportAddress

    init(_ transport: TransportProtocol, _ address: TransportAddress) {
        self.transport = transport
        self.address = address
    }

    init?(argument: String) {
        guard let colon = argument.firstIndex(of: ":"), let transport = TransportProtocol(argument[..<colon]),
            transport != .sctp
        else { return nil }
        let rest = argument[argument.index(after: colon)...]
        if let address = TransportAddress(rest) {
            self.init(transport, address)
        } else if let ip = IPAddress(rest) {
            self.init(transport, TransportAddress(ip: ip, port: transport.defaultPort))
        } else {
            return nil
        }
    }

    /// Without a `--listen`: this machine alone can reach it.
    static let loopback = [TransportProtocol.udp, .tcp].map {
        Listener($0, TransportAddress(ip: IPAddress(v4: 0x7F00_0001), port: 5060))
    }

    var isSecured: Bool { transport == .tls || transport == .wss }

    var description: String { "\(transport):\(address)" }
}
