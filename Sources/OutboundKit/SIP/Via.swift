/// One value of Via (RFC 3261 §20.42) with `rport` (RFC 3581) and `keep` (RFC 6223).
///
///     via-parm       =  sent-protocol LWS sent-by *( SEMI via-params )
///     sent-protocol  =  protocol-name SLASH protocol-version SLASH transport
public struct Via: Hashable, Sendable, CustomStringConvertible {
    /// `UDP`, `TLS` and so on, as written.
    public var transportName: String
    /// A name or an address, IPv6 without brackets.
    public var host: String
    public var port: UInt16?
    public var parameters: [SIPParameter]

    public init(transportName: String, host: String, port: UInt16? = nil, parameters: [SIPParameter] = []) {
        self.transportName = transportName
        self.host = host
        self.port = port
        self.parameters = parameters
    }

    /// nil for a transport that sipob does not know.
    public var transport: TransportProtocol? { TransportProtocol(transportName) }
    public var branch: String? { parameters.first(named: "branch")?.value }
    /// The branch begins with RFC 3261's magic cookie (§8.1.1.7).
    public var hasMagicCookie: Bool {
        branch.map { $0.count > 7 && ASCII.equalsIgnoringCase(String($0.prefix(7)), "z9hG4bK") } ?? false
    }
    public var received: String? { parameters.first(named: "received")?.value }
    public var rport: ParameterState { parameters.state(of: "rport") }
    public var keep: ParameterState { parameters.state(of: "keep") }

    /// The address that the hop saw: `received`, or else sent-by, with `rport`. Nil without a filled rport.
    var reflexiveAddress: TransportAddress? {
        guard case .value(let text) = rport, let port = UInt16(text), let ip = IPAddress(received ?? host) else {
            return nil
        }
        return TransportAddress(ip: ip, port: port)
    }

    /// `host[:port]` with IPv6 in brackets.
    public var sentBy: String {
        let name = host.utf8.contains(ASCII.colon) ? "[\(host)]" : host
        return port.map { "\(name):\($0)" } ?? name
    }

    public var description: String {
        var text = "SIP/2.0/\(transportName) \(sentBy)"
        for parameter in parameters { text += ";\(parameter)" }
        return text
    }

    /// Reads the value that fills `range` of `input`.
    public static func parse(_ input: RawSpan, _ range: Range<Int>) throws(ParseError) -> Via {
        var scanner = ValueScanner(range)
        scanner.skipBlanks(input)
        let name = scanner.token(input)
        guard input.equalsIgnoringCase("SIP", in: name) else {
            throw ParseError(.unexpected, at: name.lowerBound, in: "protocol-name")
        }
        guard scanner.skip(ASCII.slash, input) else { throw ParseError(.missing, at: scanner.at, in: "SLASH") }
        let version = scanner.token(input)
        guard input.equals("2.0", in: version) else {
            throw ParseError(.unexpected, at: version.lowerBound, in: "protocol-version")
        }
        guard scanner.skip(ASCII.slash, input) else { throw ParseError(.missing, at: scanner.at, in: "SLASH") }
        let transport = scanner.token(input)
        guard !transport.isEmpty else { throw ParseError(.missing, at: scanner.at, in: "transport") }
        guard let blank = scanner.peek(input), ValueScanner.isLWS(blank) else {
            throw ParseError(scanner.isAtEnd ? .truncated : .unexpected, at: scanner.at, in: "via-parm LWS")
        }
        scanner.skipBlanks(input)
        var via = Via(transportName: input.string(transport), host: try scanner.host(input))
        if scanner.skip(ASCII.colon, input) { via.port = try scanner.port(input) }
        via.parameters = try scanner.viaParameters(input)
        return via
    }
}

extension ValueScanner {
    /// As `parameters`; `received=[2001:db8::1]` keeps its brackets, which the grammar does not have and old stacks
    /// write, and a comment may stand at the end, as RFC 2543 allowed.
    fileprivate mutating func viaParameters(_ input: RawSpan) throws(ParseError) -> [SIPParameter] {
        guard let paren = input.firstOffset(of: ASCII.openParen, in: at..<end) else { return try parameters(input) }
        var head = ValueScanner(at..<paren)
        return try head.parameters(input)
    }
}

extension SIPMessage {
    /// The first Via value: the hop that sent the message. nil without a Via.
    ///
    /// - Throws: with an offset that counts from the message's first octet.
    public func topVia() throws(ParseError) -> Via? {
        guard let field = first(.via) else { return nil }
        let span = unsafe bytes.span.bytes
        var scanner = ValueScanner(field.value.range)
        guard let element = scanner.listElement(span) else {
            throw ParseError(.missing, at: field.value.start, in: "via-parm")
        }
        return try Via.parse(span, element)
    }

    /// All Via values, the last hop first.
    public func vias() throws(ParseError) -> [Via] {
        let span = unsafe bytes.span.bytes
        var vias: [Via] = []
        for field in headers where field.name == .via {
            var scanner = ValueScanner(field.value.range)
            guard !scanner.isAtEnd else { throw ParseError(.missing, at: field.value.start, in: "via-parm") }
            while let element = scanner.listElement(span) { vias.append(try Via.parse(span, element)) }
        }
        return vias
    }
}
