/// What the URI around a user part says about who wrote it.
public struct TokenContext: Sendable, Hashable {
    public struct Parameter: Sendable, Hashable {
        public let name: String
        public let value: String?

        public init(name: String, value: String?) {
            self.name = name
            self.value = value
        }
    }

    /// The URI's host as written, IPv6 without brackets; nil for a bare token.
    public let host: String?
    public let port: UInt16?
    /// In lower case by name, in the URI's order, values as written.
    public let parameters: [Parameter]

    public init(host: String? = nil, port: UInt16? = nil, parameters: [Parameter] = []) {
        self.host = host
        self.port = port
        self.parameters = parameters
    }

    /// A token without a URI around it.
    public static let bare = TokenContext()

    public func has(_ name: String) -> Bool { parameters.contains { $0.name == name } }

    public func value(_ name: String) -> String? { parameters.first { $0.name == name }?.value }

    /// The URI's host and port as an address, 5060 without a port; nil for a name or a bare token.
    public var address: TransportAddress? {
        guard let host, let ip = IPAddress(host) else { return nil }
        return TransportAddress(ip: ip, port: port ?? 5060)
    }
}
