import ArgumentParser
import OutboundKit

extension FlowTokenFormat: ExpressibleByArgument {}

struct TokenEncode: ParsableCommand {
    /// Where the token is put.
    enum Dress: String, ExpressibleByArgument, CaseIterable {
        case bare
        case path
        case route
        case recordRoute = "record-route"
    }

    static let configuration = CommandConfiguration(
        commandName: "encode",
        abstract: "Make flow tokens, bare or in a Path, Route or Record-Route field.",
        discussion: """
            EXAMPLES
              sipob token encode --key-hex-file key.hex udp 192.0.2.1:5060 192.0.2.7:4321
              sipob token encode --secret-file s --as path tcp '[::1]:5060' '[::1]:49152'
              sipob token encode --format flexisip --key-file flow-token.key - < flows

            With - each line of standard input names a flow: transport, local end, remote
            end. Kamailio's key is the SHA-1 of what --secret-file holds, or what
            --key-hex-file or --key-file holds as it is.

            Exit status: 0 all tokens were made; 2 no key, an unreadable flow, or one that
            the format cannot hold.
            """)

    @OptionGroup(title: "Keys") var keys: TokenKeyOptions

    @Option(help: "The format to write; sipob token formats lists those that can be made.")
    var format: FlowTokenFormat = .kamailio

    @Option(name: .customLong("as"), help: "What to put it into: bare, path, route or record-route.")
    var dress: Dress = .bare

    @Option(help: ArgumentHelp("Host of the URI; the flow's local end if not given.", valueName: "host[:port]"))
    var uriHost: String?

    @Argument(
        help: ArgumentHelp("TRANSPORT LOCAL REMOTE, once or more, or - for lines of that.", valueName: "flow"))
    var words: [String]

    func validate() throws {
        if FlowTokenFacts.of(format)?.canEncode != true {
            let able = FlowTokenFacts.table.filter(\.canEncode).map(\.format.rawValue).joined(separator: ", ")
            throw ValidationError("\(format) names something inside a live process; these can be made: \(able).")
        }
        if let uriHost {
            let uri = try? SIPURI.parse("sip:\(uriHost)")
            guard let uri, uri.user == nil, uri.port != 0, uri.parameters.isEmpty, uri.headers.isEmpty else {
                throw ValidationError("--uri-host wants HOST or HOST:PORT, such as edge.example.com:5060: \(uriHost)")
            }
        }
        if words != ["-"], words.joined(separator: " ").split(separator: " ").count % 3 != 0 {
            throw ValidationError(
                "a flow is three words: TRANSPORT LOCAL REMOTE, such as udp 192.0.2.1:5060 192.0.2.7:4321.")
        }
    }

    func run() throws {
        let key = try singleKey()
        var lines = FlowTokenLines(keys: FlowTokenKeyRing([]))
        let issuer = dress == .bare ? key.flatMap { FlowTokenIssuer(format, effectiveKey: $0) } : nil
        let effective = key.map { EffectiveKey($0) }
        var number = 0
        var bad = 0
        func encode(_ input: RawSpan, _ range: Range<Int>) {
            number += 1
            if let issuer, lines.mint(input, in: range, by: issuer) { return }
            guard issuer == nil, let flow = FlowTokenLines.flow(in: input, range),
                let token = FlowTokenCodec.encode(flow, as: format, with: effective)
            else {
                bad += 1
                if bad <= 10 { complain(input.string(range.prefix(200)), number) }
                return
            }
            lines.append(dressed(token, flow))
        }
        func flush(_ size: Int) -> Bool {
            guard lines.output.count > size else { return true }
            var written = true
            lines.drain { written = Terminal.write($0) }
            return written
        }
        if words == ["-"] {
            var input = InputLines()
            input.forEach { span, range in
                encode(span, range)
                return flush(1 << 16)
            } pause: {
                flush(0)
            }
            if input.failure != nil || input.skipped > 0 {
                Terminal.complain("standard input could not be read to its end, or holds lines beyond 1 MiB")
                bad += 1
            }
        } else {
            let all = words.joined(separator: " ").split(separator: " ")
            for start in stride(from: 0, to: all.count, by: 3) {
                let text = Array(all[start..<(start + 3)].joined(separator: " ").utf8)
                unsafe encode(text.span.bytes, 0..<text.count)
            }
        }
        guard flush(0), bad == 0 else { throw ExitStatus.failure }
    }

    /// The one key to sign with; nil for a format that has no code.
    private func singleKey() throws -> [UInt8]? {
        let all = try keys.load()
        if FlowTokenFacts.of(format)?.checkedWith == nil { return nil }
        guard let first = all.first else {
            Terminal.complain("\(format) tokens are signed; give --secret-file, --key-hex-file or --key-file")
            throw ExitStatus.failure
        }
        guard all.count == 1 else {
            Terminal.complain("\(all.count) keys were given, and a token is signed with one; name a single key")
            throw ExitStatus.usage
        }
        guard let octets = first.effectiveOctets(for: format) else {
            Terminal.complain("this host's libcrypto has no SHA-1, which \(format) needs; enable it in openssl.cnf")
            throw ExitStatus.failure
        }
        return octets
    }

    private func dressed(_ token: [UInt8], _ flow: Flow) -> String {
        let text = String(decoding: token, as: UTF8.self)
        let host = uriHost ?? flow.local.description
        switch dress {
        case .bare: return text
        case .path: return "Path: <sip:\(text)@\(host);lr;ob>"
        case .route: return "Route: <sip:\(text)@\(host);lr>"
        case .recordRoute: return "Record-Route: <sip:\(text)@\(host);lr>"
        }
    }

    private func complain(_ line: String, _ number: Int) {
        Terminal.complain(
            "flow \(number), \"\(line)\": not TRANSPORT LOCAL REMOTE, or nothing that \(format) can hold; "
                + "write it like udp 192.0.2.1:5060 192.0.2.7:4321")
    }
}
