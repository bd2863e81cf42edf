import ArgumentParser
import OutboundKit

struct PcapAuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "pcap-audit", abstract: "Judge keep-alive and outbound compliance of every flow in captures.")
}
