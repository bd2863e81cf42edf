import OutboundKit

/// `config-check --list`: the rules, one a line.
enum ConfigRuleList {
    static func show(_ output: OutputOptions) {
        if output.json {
            let document = ListDocument.octets("config-check", "rules", ConfigRules.all) { json, rule in
                json.beginObject()
                json.member("id", rule.diagnosis.id.text)
                json.member("worst", rule.worst.word)
                json.member("concerns", rule.concerns)
                json.member("finds", rule.finds)
                json.member("advice", rule.diagnosis.advice)
                json.endObject()
            }
            Terminal.write(document)
            return
        }
        var text = ""
        for rule in ConfigRules.all {
            let id = rule.diagnosis.id.text
            text += id + String(repeating: " ", count: max(1, 14 - id.count))
            text += rule.worst.word + String(repeating: " ", count: max(1, 8 - rule.worst.word.count))
            text += rule.concerns + String(repeating: " ", count: max(1, 11 - rule.concerns.count))
            text += rule.finds + "\n"
        }
        Terminal.write(Array(text.utf8))
    }
}
