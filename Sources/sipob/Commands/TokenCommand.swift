import ArgumentParser
import OutboundKit

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "token", abstract: "Decode, verify and make the flow tokens of real edge proxies.")
}
