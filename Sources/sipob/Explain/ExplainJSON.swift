import OutboundKit

/// Explanations as one JSON document, in the frame that all commands share.
enum ExplainJSON {
    static func document(_ entries: [RulebookEntry]) -> [UInt8] {
        ListDocument.octets("explain", "entries", entries) { json, entry in
            switch entry {
            case .requirement(let row): requirement(row, &json)
            case .diagnosis(let row): diagnosis(row, &json)
            case .explanation(let row): explanation(row, &json)
            }
        }
    }

    private static func requirement(_ row: Requirement, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("kind", "requirement")
        json.member("id", row.id.text)
        json.member("section", row.citation)
        json.member("level", row.levelText)
        json.member("binds", row.binds)
        json.member("sentence", row.sentence)
        json.member("active_check", row.activeCheck.isEmpty ? nil : row.activeCheck)
        json.member("passive_check", row.passiveCheck.isEmpty ? nil : row.passiveCheck)
        json.member("source_checked", row.sourceChecked)
        json.member("checked_by", CoverageTable[row.id]?.words ?? [])
        json.member("diagnoses", DiagnosisTable.behind(row.id).map(\.text))
        json.endObject()
    }

    private static func diagnosis(_ row: Diagnosis, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("kind", "diagnosis")
        json.member("id", row.id.text)
        json.member("symptom", row.symptom)
        json.member("evidence", row.evidence)
        json.member("cause", row.verdict)
        json.member("advice", row.advice)
        json.member("source", row.source.isEmpty ? nil : row.source)
        json.member("commands", Sipob.available(row.commands))
        json.member("requirements", row.requirements.map(\.text))
        json.endObject()
    }

    private static func explanation(_ row: Explanation, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("kind", row.kind.words)
        json.member("id", row.id)
        json.member("aliases", row.aliases)
        json.member("title", row.title)
        json.member("section", row.section)
        json.member("meaning", row.meaning)
        json.member("goes_wrong", row.usuallyWrong)
        json.member("advice", row.whatToDo)
        json.member("requirements", row.requirements.map(\.text))
        json.member("diagnoses", row.diagnoses.map(\.text))
        json.endObject()
    }
}
