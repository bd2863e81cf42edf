import OutboundKit

/// The document of `register-test --list --json` and `--plan --json`: the cases, in the order in which they run.
enum SuiteListJSON {
    static func document(_ cases: [TestCase]) -> [UInt8] {
        func more(_ json: inout JSONWriter) {
            json.member("left_out", CaseCatalogue.all.count - cases.count)
            json.member("limit_s", seconds: SuiteOptions.longest(cases).inNanoseconds)
        }
        return ListDocument.octets("register-test", "cases", cases, more: more) { json, one in
            json.beginObject()
            json.member("id", one.id)
            json.member("title", one.title)
            json.member("group", one.group?.rawValue)
            json.member("requirements", one.requirements.map(\.text))
            json.member("slow", one.isSlow)
            json.member("limit_s", seconds: one.limit.inNanoseconds)
            json.endObject()
        }
    }
}
