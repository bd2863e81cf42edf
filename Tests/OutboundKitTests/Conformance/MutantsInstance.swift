@testable import OutboundKit

/// Servers that make other bindings than instance and reg-id say.
extension RegistrationMutantTests {
    static let keys: [MutantRow] = [
        MutantRow(
            "instance.case", "URNs are compared letter by letter", "fail", "OB-INST-007",
            Mutant(
                toServer: { $0.replacing("0000000000A0", with: "0000000000f0") },
                toClient: { $0.replacing("0000000000f0", with: "0000000000A0") })),
        MutantRow(
            "instance.key", "the Contact URI is part of the key", "fail", "OB-REG-014",
            Mutant(
                toServer: { $0.contains("<sip:moved@") ? $0.replacing("reg-id=1", with: "reg-id=9") : $0 },
                toClient: { $0.replacing("reg-id=9", with: "reg-id=1") })),
        MutantRow("instance.key", "the old URI stays", "fail", "OB-REG-014", .hears("<sip:moved@", "<sip:alice@")),
        MutantRow(
            "instance.without-reg-id", "400", "fail", "OB-REG-006",
            .refuses("400 Bad Request") { !$0.contains("Require: outbound") }),
        MutantRow("instance.without-reg-id", "outbound for all", "fail", "OB-REG-010", .adds("Require: outbound")),
        MutantRow(
            "instance.missing", "outbound for all", "fail", "OB-REG-007", .adds("Require: outbound"),
            also: ["OB-REG-010"]),
        MutantRow(
            "instance.missing", "outbound for all", "fail", "OB-REG-010", .adds("Require: outbound"),
            also: ["OB-REG-007"]),
        MutantRow(
            "instance.missing", "400", "warn", "OB-REG-007",
            .refuses("400 Bad Request") { !$0.contains("Require: outbound") }),
        MutantRow(
            "instance.inside-brackets", "URI parameters are taken for those of Contact", "fail", "OB-GR-001",
            .adds("Require: outbound", where: "reg-id=1;+sip")),
        MutantRow("instance.inside-brackets", "outbound for all", "unknown", "OB-GR-001", .adds("Require: outbound")),
        MutantRow(
            "instance.plain-bindings", "one binding for each user", "warn", "OB-REG-013",
            Mutant(toClient: { $0.contains("<sip:second@") ? $0.without("Contact: <sip:first@") : $0 })),
        MutantRow("instance.parameters", "a parameter is lost", "warn", "OB-REG-016", .hears(";x-probe=1")),
        MutantRow("instance.parameters", "reg-id is not given back", "warn", "OB-REG-016", .says(";reg-id=1")),
        MutantRow(
            "instance.parameters", "requests come with another URI", "warn", "OB-REG-016",
            .says("MESSAGE sip:alice@127.0.0.1", "MESSAGE sip:alice@192.0.2.7")),
        MutantRow(
            "instance.several-contacts", "the second is passed over", "warn", "OB-REG-008",
            .hearsNo("Contact: <sip:second@")),
        MutantRow("instance.several-contacts", "no answer", "info", "OB-REG-008", .isDeaf(to: "<sip:second@")),
        MutantRow(
            "instance.bind-and-remove", "400", "warn", "OB-REG-009",
            Mutant(toServer: { $0.contains("<sip:alice@127") ? $0.replacing("expires=0", with: "expires=300") : $0 })),
        MutantRow(
            "instance.bind-and-remove", "the other one stays", "warn", "OB-REG-009",
            Mutant(toServer: {
                $0.contains("expires=600\r\nContact: <sip:old@") ? $0.without("Contact: <sip:old@") : $0
            })),
        MutantRow(
            "instance.reg-id-largest", "31 bits are too many", "fail", "OB-REG-017",
            .hears("reg-id=2147483647", "reg-id=0")),
        MutantRow(
            "instance.reg-id-wraps", "32 bits are kept", "fail", "OB-REG-022", .hears("reg-id=4294967297", "reg-id=1")),
    ]

    static let invalidKeys: [MutantRow] = [
        ("zero", "0"), ("too-large", "2147483648"), ("beyond-32-bits", "4294967297"), ("negative", "-1"),
        ("fraction", "1.5"), ("letters", "abc"), ("digits-and-letters", "1a"), ("empty", ""), ("twice", "1;reg-id=2"),
    ].flatMap { (name: String, value: String) in
        [
            MutantRow(
                "instance.reg-id-\(name)", "taken for a number", "fail", "OB-REG-022",
                .hears(";reg-id=\(value);+sip", ";reg-id=7;+sip")),
            MutantRow(
                "instance.reg-id-\(name)", "ignored", "pass", "OB-REG-022", .hears(";reg-id=\(value);+sip", ";+sip")),
            MutantRow(
                "instance.reg-id-\(name)", "no answer", "unknown", "OB-REG-022", .isDeaf(to: ";reg-id=\(value);+sip")),
        ]
    }
}
