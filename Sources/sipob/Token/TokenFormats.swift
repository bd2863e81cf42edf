import ArgumentParser
import OutboundKit

struct TokenFormats: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "formats",
        abstract: "List the known formats with their layout and strength, the strongest first.")

    @OptionGroup var output: OutputOptions

    func run() throws {
        let table = FlowTokenFacts.table.sorted { $0.rank < $1.rank }
        if output.json {
            let document = ListDocument.octets("token formats", "formats", table) { json, facts in
                json.beginObject()
                json.member("format", facts.format.rawValue)
                json.member("issuer", facts.issuer)
                json.member("text", facts.text)
                json.member("carries", facts.carries)
                json.member("code", facts.code)
                json.member("rank", facts.rank)
                json.member("worth", facts.worth)
                json.member("checked_with", facts.checkedWith)
                json.member("can_encode", facts.canEncode)
                json.endObject()
            }
            Terminal.write(document)
            return
        }
        for facts in table {
            if output.quiet {
                Terminal.print(facts.format.rawValue)
                continue
            }
            Terminal.print(
                """
                \(facts.format)  (\(facts.issuer))
                  strength  \(facts.rank) of 8: \(facts.worth)
                  text      \(facts.text)
                  carries   \(facts.carries)
                  code      \(facts.code)
                  checked   \(facts.checkedWith.map { "with \($0)" } ?? "never offline")\
                \(facts.canEncode ? "; can be made" : "")

                """)
        }
        if !output.quiet {
            Terminal.print("No format has a time stamp: a token works until the key changes.")
        }
    }
}
