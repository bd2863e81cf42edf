import ArgumentParser
import OutboundKit

@main
struct Sipob: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sipob",
        abstract: "Find out why phones go unreachable: SIP Outbound (RFC 5626) probes, audits and flow tokens.",
        version: "sipob \(sipobVersion)",
        subcommands: [
            TokenCommand.self, StunPingCommand.self, CrlfPingCommand.self, WsPingCommand.self, RegisterTestCommand.self,
            PcapAuditCommand.self,
            ExplainCommand.self, DemoCommand.self,
        ]
    )
}

/// The version that `--version`, User-Agent fields and reports carry.
let sipobVersion = "0.1.0"
