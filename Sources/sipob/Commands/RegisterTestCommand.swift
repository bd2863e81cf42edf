import ArgumentParser
import OutboundKit

struct RegisterTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "register-test", abstract: "Fire a test REGISTER with ;ob and reg-id at an edge proxy or registrar and judge what comes back.")
}
