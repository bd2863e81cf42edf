import ArgumentParser
import OutboundKit

struct StunPingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "stun-ping", abstract: "Probe a SIP UDP port with STUN Binding requests, like ping(8).")
}
