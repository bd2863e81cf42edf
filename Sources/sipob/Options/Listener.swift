import ArgumentParser
import OutboundKit

/// Where to listen: `TRANSPORT:ADDRESS:PORT`, as in `tcp:127.0.0.1:5060` or `udp:[::1]:5060`; port 0 lets the host choose.
struct Listener: Hashable, CustomStringConvertible {
    let transport: TransportProtocol
    let address: TransportAddress

    init(_ transport: TransportProtocol, _ address: TransportAddress) {
        self.transport = transport
        self.address = address
    }

    /// - Throws: `ValidationError` with the piece that is wrong.
    init(argument: String) throws {
        let colon = argument.firstIndex(of: ":") ?? argument.endIndex
        let word = argument[..<colon]
        guard let transport = TransportProtocol(word), transport != .sctp else {
            throw ValidationError(
                "'\(argument)' does not begin with udp, tcp, tls, ws or wss, as in tcp:127.0.0.1:5060.")
        }
        let rest = colon < argument.endIndex ? argument[argument.index(after: colon)...] : ""
        if let address = TransportAddress(rest) {
            self.init(transport, address)
        } else if let ip = IPAddress(rest) {
            self.init(transport, TransportAddress(ip: ip, port: transport.defaultPort))
        } else {
            let example =
                "\(transport):127.0.0.1:\(transport.defaultPort) or \(transport):[::1]:\(transport.defaultPort)"
            throw ValidationError(
                "'\(rest)' is no IP address with a port of 0 to 65535, as in \(example); a name is none.")
        }
    }

    /// Without a `--listen`: this machine alone can reach it.
    static let loopback = [TransportProtocol.udp, .tcp].map {
        Listener($0, TransportAddress(ip: IPAddress(v4: 0x7F00_0001), port: 5060))
    }

    var isSecured: Bool { transport == .tls || transport == .wss }

    var description: String { "\(transport):\(address)" }
}
