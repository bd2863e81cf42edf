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
            var writer = JSONWriter(indented: true)
            writer.beginObject()
            JSONFrame.head(&writer, command: "token formats", version: sipobVersion)
            writer.key("formats")
            writer.beginArray()
            for facts in table {
                writer.beginObject()
                writer.member("format", facts.format.rawValue)
                writer.member("issuer", facts.issuer)
                writer.member("text", facts.text)
                writer.member("carries", facts.carries)
                writer.member("code", facts.code)
                writer.member("rank", facts.rank)
                writer.member("worth", facts.worth)
                writer.member("checked_with", facts.checkedWith)
                writer.member("can_encode", facts.canEncode)
                writer.endObject()
            }
            writer.endArray()
            JSONFrame.exit(&writer, code: 0, reason: "done")
            writer.endObject()
            writer.newline()
            Terminal.write(writer.drain())
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
