import Testing

@testable import OutboundKit

@Suite struct RulebookTableTests {
    @Test func everyRequirementIsThereOnce() {
        #expect(RequirementTable.all.count == 238)
        #expect(Set(RequirementTable.all.map(\.id)).count == 238)
        #expect(RequirementTable.groups.count == 18)
        let outboundRows = RequirementTable.all.filter { $0.section.contains("5626") || $0.section == "derived" }
        #expect(outboundRows.count > 150)
    }

    @Test func everyDiagnosisIsThereOnce() {
        #expect(DiagnosisTable.all.count(where: { $0.id.text.hasPrefix("DX-") }) == 91)
        #expect(DiagnosisTable.all.count(where: { $0.id.text.hasPrefix("CFG-") }) == 66)
        #expect(Set(DiagnosisTable.all.map(\.id)).count == 157)
    }

    @Test(arguments: RequirementTable.groups.map(\.id))
    func numbersOfAGroupRunFromOneWithoutAHole(_ id: String) throws {
        let group = try #require(RequirementTable.groups.first { $0.id == id })
        for (index, row) in group.requirements.enumerated() {
            let digits = String(index + 1)
            #expect(row.id.text == id + "-" + String(repeating: "0", count: 3 - digits.count) + digits)
            #expect(row.id.group == id)
        }
    }

    @Test func rowsAreWhole() {
        for row in RequirementTable.all {
            #expect(!row.sentence.isEmpty && !row.binds.isEmpty && !row.section.isEmpty, "\(row.id)")
            #expect(!row.activeCheck.isEmpty || !row.passiveCheck.isEmpty, "\(row.id)")
            for text in [row.sentence, row.activeCheck, row.passiveCheck] {
                #expect(!text.contains("`") && !text.contains("**") && !text.contains("\n"), "\(row.id): \(text)")
            }
        }
        for row in DiagnosisTable.all {
            for text in [row.symptom, row.evidence, row.verdict, row.advice] {
                #expect(!text.isEmpty && !text.contains("`") && !text.contains("\n"), "\(row.id): \(text)")
            }
            #expect(row.advice.hasSuffix("."), "\(row.id)")
        }
    }

    @Test func linksLeadSomewhere() {
        for row in DiagnosisTable.all {
            // What Kamailio refuses to start with breaks no requirement by itself.
            #expect(!row.requirements.isEmpty || row.id.text.hasPrefix("CFG-"), "\(row.id)")
            for id in row.requirements { #expect(RequirementTable[id] != nil, "\(row.id): \(id)") }
        }
        // Rows name other rows: a renamed or mistyped id must not survive in prose.
        for row in RequirementTable.all {
            for text in [row.sentence, row.activeCheck, row.passiveCheck] {
                for match in text.matches(of: /OB-[A-Z]+-\d+/) {
                    #expect(RequirementTable[Requirement.ID(String(match.output))] != nil, "\(row.id): \(match.output)")
                }
            }
        }
    }

    @Test func lookUp() throws {
        let row = try #require(RequirementTable["OB-KA-006"])
        #expect(row.level == .must && row.binds == "UA" && row.citation == "RFC 5626 §4.4.1")
        #expect(DiagnosisTable.behind("OB-KA-006").contains("DX-KA-03"))
        #expect(RequirementTable["OB-KA-999"] == nil && DiagnosisTable["DX-KA-99"] == nil)
        #expect(DiagnosisTable.behind("OB-INST-009").isEmpty)
    }

    @Test(arguments: [
        ("OB-REC-010", "RFC 5626 App. A vs §4.5"), ("OB-STUN-004", "RFC 5626 §4.4.2; RFC 8489 §6.2.1"),
        ("OB-KEEP-010", "RFC 6223 + RFC 5626 §4.4"), ("OB-FT-009", "derived"), ("OB-REG-031", "RFC 5626 §12, RFC 3327"),
        ("OB-SIP-001", "RFC 3261 §17.1.2.2"),
    ])
    func citations(_ id: String, _ text: String) throws {
        #expect(RequirementTable[Requirement.ID(id)]?.citation == text)
    }

    @Test(arguments: [
        ("OB-UA-001", Requirement.Level.must), ("OB-PATH-002", .should), ("OB-FT-003", .may),

        ("OB-KA-018", .nonNormative),
        ("OB-REG-018", .statement), ("OB-REG-026", .example), ("OB-GR-001", .grammar), ("OB-REG-032", .derived),
        ("OB-KA-004", .must), ("OB-REG-028", .must), ("OB-UA-030", .should),
    ])
    func levels(_ id: String, _ level: Requirement.Level) {
        #expect(RequirementTable[Requirement.ID(id)]?.level == level)
    }

    @Test func rowsFromMemoryAreMarked() {
        #expect(RequirementTable["OB-KEEP-001"]?.sourceChecked == false)
        #expect(RequirementTable["OB-WS-002"]?.sourceChecked == false)
        #expect(RequirementTable["OB-WS-001"]?.sourceChecked == true)
        #expect(RequirementTable.all.allSatisfy { !$0.section.contains("memory") && !$0.sentence.contains("memory") })
    }
}
