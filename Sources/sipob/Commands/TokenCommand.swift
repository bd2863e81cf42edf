import ArgumentParser
import OutboundKit

struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Decode, verify and make the flow tokens of real edge proxies.",
        discussion: """
            EXAMPLES
              sipob token decode '<sip:KKfSaKO7yjOvBwF/AAABOtR/AAABqmo=@127.0.0.1;lr>'
              sipob token verify --secret-file secret.txt --from 192.0.2.7:5060 TOKEN
              sipob token encode --key-hex-file k.hex udp 192.0.2.1:5060 192.0.2.7:4321
              grep -h '^Path:' *.log | sipob token decode --json -
              sipob token formats
            """,
        subcommands: [
            TokenDecode.self, TokenVerify.self, TokenEncode.self, TokenFormats.self, TokenBench.self,
        ]
    )
}
