import ArgumentParser
import OutboundKit

struct Sipob: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sipob",
        abstract: "Find out why phones go unreachable: SIP Outbound (RFC 5626) probes, audits and flow tokens.",
        version: "sipob \(sipobVersion)",
        subcommands: [
            TokenCommand.self, InspectCommand.self, StunPingCommand.self, CrlfPingCommand.self, WsPingCommand.self,
            RegisterTestCommand.self, FlowTimerCommand.self, PcapAuditCommand.self, EdgeServiceCommand.self,
            ConfigCheckCommand.self, ExplainCommand.self, DemoCommand.self,
        ]
    )

    /// Of the commands that would show something, those that this program has.
    static func available(_ commands: [String]) -> [String] {
        let own = Set(configuration.subcommands.compactMap { $0.configuration.commandName })
        return commands.filter(own.contains)
    }
}

/// The version that `--version`, User-Agent fields and reports carry.
let sipobVersion = "0.1.0"
