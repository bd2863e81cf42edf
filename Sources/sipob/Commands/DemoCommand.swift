import ArgumentParser
import OutboundKit

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "demo", abstract: "Audit a real capture, decode the tokens in it and explain the worst finding.")
}
