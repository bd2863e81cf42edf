import OutboundKit

/// The document of `register-test --list --json` and `--plan --json`: the cases, in the order in which they run.
enum SuiteListJSON {
    static func document(_ cases: [TestCase]) -> [UInt8] {
        var json = JSONWriter(indented: true)
        json.beginObject()
        JSONFrame.head(&json, command: "register-test", version: sipobVersion)
        json.key("cases")
        json.beginArray()
        for one in cases {
            json.beginObject()
            json.member("id", one.id)
            json.member("title", one.title)
            json.member("group", one.group?.rawValue)
            json.member("requirements", one.requirements.map(\.text))
            json.member("slow", one.isSlow)
            json.member("limit_s", seconds: one.limit.inNanoseconds)
            json.endObject()
        }
        json.endArray()
        json.member("left_out", CaseCatalogue.all.count - cases.count)
        json.member("limit_s", seconds: SuiteOptions.longest(cases).inNanoseconds)
        JSONFrame.exit(&json, code: 0, reason: "done")
        json.endObject()
        json.newline()
        return json.bytes
    }
}
