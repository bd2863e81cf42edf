/// One row of Tests/Fixtures/kamailio-config/grammar.txt: what Kamailio was seen to take or to refuse, and a configuration
/// around it. Of both test targets, so that the library and Kamailio itself are asked the same; there this file is a link.
struct GrammarRow: Sendable, CustomStringConvertible {
    private let place: Substring
    let isRefused: Bool
    let text: String

    var description: String { text }

    /// `setting refused children=XX`
    init?(_ line: Substring) {
        let parts = line.split(separator: " ", maxSplits: 2)
        guard parts.count == 3, !line.hasPrefix("#") else { return nil }
        place = parts[0]
        isRefused = parts[1] == "refused"
        text = String(parts[2].replacing("\\n", with: "\n"))
    }

    static func rows(_ text: String) -> [GrammarRow] { text.split(separator: "\n").compactMap(GrammarRow.init) }

    /// The whole configuration.
    var file: String {
        func at(_ place: String) -> String { self.place == place ? text : "" }
        let modules = ["sl", "tm", "pv", "xlog", "textops", "siputils", "ipops", "nathelper"]
        return """
            #!define KNOWN 5
            \(at("setting"))
            \(modules.map { "loadmodule \"\($0).so\"\n" }.joined())
            \(at("parameter"))
            request_route {
                \(at("routing"))
                exit;
            }

            """
    }
}
