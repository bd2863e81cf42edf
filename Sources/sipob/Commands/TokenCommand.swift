import ArgumentParser
import OutboundKit

struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Decode, verify and make the flow tokens of real edge proxies.",
        discussion: """
            EXAMPLES
              sipob token decode 'Path: <sip:KKfSaKO7yjOvBwF/AAABOtR/AAABqmo=@127.0.0.1:25060;lr;ob>'
              sipob token verify --secret-file secret.txt --from 192.0.2.7:5060 TOKEN
              sipob token encode --format kamailio --key-hex-file key.hex udp 198.51.100.10:5060 192.0.2.7:4321
              grep -h '^Path:' *.log | sipob token decode --json -
              sipob token formats
            """,
        subcommands: [
            TokenDecode.self, TokenVerify.self, TokenEncode.self, TokenFormats.self, TokenBench.self,
        ]
    )
}
