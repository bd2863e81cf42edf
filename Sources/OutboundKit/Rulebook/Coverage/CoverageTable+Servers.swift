/// What sipob checks of edge proxies, registrars and proxies.
extension CoverageTable {
    static let servers: [Coverage] = [
        Coverage("OB-EP-001", .exchange("OB_EP_001"), .suite(["path.first-hop"]), .command("inspect")),
        Coverage("OB-EP-002", .exchange("OB_EP_002"), .suite(["path.first-hop", "path.token"]), .command("inspect")),
        Coverage(
            "OB-EP-003", .ownCode("pcap-audit --registrations compares the tokens of flows"),
            .suite(["token.per-flow"])),
        Coverage("OB-EP-004", .ownCode("OB-EP-002 and the decoder look into URI parameters too"), .command("token")),
        Coverage("OB-EP-005", .exchange("OB_EP_005"), .suite(["path.first-hop"]), .command("inspect")),
        Coverage("OB-EP-006", .exchange("OB_EP_006"), .suite(["path.later-edge"]), .command("inspect")),
        Coverage(
            "OB-EP-007", .ownCode("all rules count values of Via, not lines; the tests of the parser hold it there"),
            .suite(["path.via-forms"])),
        Coverage("OB-EP-008", .exchange("OB_EP_008"), .suite(["path.first-hop"]), .command("inspect")),
        Coverage("OB-EP-009", .audit("NoLoopToThePhone"), .suite(["dialog.phone-hangs-up"])),
        Coverage(
            "OB-EP-010",
            .audit("UsesTheVeryFlow"),
            .suite([
                "delivery.message", "delivery.options", "delivery.misleading-contact", "delivery.two-accounts",
                "delivery.udp", "delivery.invalid-contact", "delivery.by-token", "dialog.incoming",
            ])),
        Coverage("OB-EP-011", .audit("RecordsIncoming"), .suite(["dialog.incoming", "dialog.by-token"])),
        Coverage(
            "OB-EP-012",
            .notInCaptures("whether a token was tampered with shows only to who has the edge's key: `token` takes it"),
            .suite(["token.tampered", "token.truncated", "token.extended", "token.empty", "token.not-base64"])),
        Coverage(
            "OB-EP-013",
            .audit("Says430ForAGoneFlow"),
            .suite([
                "failure.fin", "failure.rst", "failure.token-fin", "failure.token-rst", "failure.only-flow",
                "failure.two-accounts",
            ])),
        Coverage(
            "OB-EP-014", .audit("TakesItsRouteOff"),
            .suite(["dialog.phone-hangs-up", "dialog.outgoing", "dialog.ob-alone"])),
        Coverage("OB-EP-015", .audit("RecordsOutgoing"), .suite(["dialog.outgoing", "dialog.ob-alone"])),
        Coverage("OB-EP-016", .exchange("OB_EP_016"), .suite(["path.plain-route"])),
        Coverage("OB-EP-017", .ownCode("OB-STUN-011 judges it"), .command("stun-ping"), .suite(["stun.registered"])),
        Coverage(
            "OB-EP-018", .ownCode("OB-KA-010 judges it"), .command("register-test"),
            .suite(["keepalive.ping-registered"])),
        Coverage(
            "OB-EP-019", .exchange("OB_EP_019"),
            .suite(["answers.no-439", "registration.plain", "registration.no-tag"])),
        Coverage("OB-EP-020", .audit("NewTokenAfterReconnection"), .suite(["token.same-port"])),
        Coverage(
            "OB-EP-021",
            .notTestable("the operator has to restart the edge; tokens of before then get 430 or 403, and reach nobody")
        ),
        Coverage("OB-EP-022", .exchange("OB_EP_022"), .suite(["registration.outbound", "path.passes-through"])),
        Coverage(
            "OB-EP-023", .notInCaptures("a stolen token looks like one that was handed on in Record-Route"),
            .suite(["delivery.stolen-token"])),
        Coverage(
            "OB-TOK-001", .exchange("OB_TOK_001"), .command("token"), .suite(["token.per-flow", "token.forged"]),
            .command("inspect")),
        Coverage("OB-TOK-002", .command("token")),
        Coverage("OB-TOK-003", .exchange("OB_TOK_003"), .command("token"), .command("inspect")),
        Coverage(
            "OB-TOK-004", .ownCode("with a key the decoder tries the first ten octets, then the last ten"),
            .command("token")),
        Coverage(
            "OB-TOK-005", .exchange("OB_TOK_005"), .command("token"), .suite(["token.spelling"]), .command("inspect")),
        Coverage("OB-TOK-006", .exchange("OB_TOK_006"), .command("token"), .suite(["token.case"]), .command("inspect")),
        Coverage("OB-TOK-007", .command("token"), .suite(["token.foreign-key"])),
        Coverage(
            "OB-TOK-008", .exchange("OB_TOK_008"), .command("token"), .suite(["token.discloses"]), .command("inspect")),
        Coverage("OB-TOK-009", .suite(["token.foreign-key"])),
        Coverage("OB-TOK-010", .command("token"), .suite(["token.spelling"])),
        Coverage("OB-REG-001", .exchange("OB_REG_001"), .suite(["path.with-ob", "path.order"])),
        Coverage(
            "OB-REG-002",
            .ownCode("OB-REG-003 and OB-REG-004 go by the number of Vias at the core, and by 439 elsewhere"),
            .suite(["path.via-forms", "path.missing"])),
        Coverage(
            "OB-REG-003", .exchange("OB_REG_003"),
            .suite(["path.missing", "path.without-ob", "path.with-ob", "path.which-value"])),
        Coverage("OB-REG-004", .exchange("OB_REG_004"), .suite(["path.missing", "path.without-ob"])),
        Coverage("OB-REG-005", .exchange("OB_REG_005"), .suite(["path.no-tag"])),
        Coverage("OB-REG-006", .exchange("OB_REG_006"), .suite(["instance.without-reg-id"])),
        Coverage("OB-REG-007", .exchange("OB_REG_007"), .suite(["instance.missing"])),
        Coverage("OB-REG-008", .exchange("OB_REG_008"), .suite(["instance.several-contacts"])),
        Coverage("OB-REG-009", .exchange("OB_REG_009"), .suite(["instance.bind-and-remove"])),
        Coverage(
            "OB-REG-010", .audit("NoOutboundWithoutRegID"), .exchange("OB_REG_010"), .exchange("OB_REG_010_refusal"),
            .suite(["instance.without-reg-id", "instance.missing", "registration.plain"])),
        Coverage("OB-REG-011", .audit("OutboundBesidePlain"), .suite(["registration.side-by-side"])),
        Coverage("OB-REG-012", .exchange("OB_REG_012"), .suite(["registration.plain"])),
        Coverage("OB-REG-013", .suite(["instance.plain-bindings"])),
        Coverage("OB-REG-014", .exchange("OB_REG_014"), .suite(["instance.key"]), .command("inspect")),
        Coverage("OB-REG-015", .audit("TwoRegIDsTwoBindings"), .suite(["registration.two-flows"])),
        Coverage("OB-REG-016", .exchange("OB_REG_016"), .suite(["instance.parameters", "registration.outbound"])),
        Coverage(
            "OB-REG-017", .exchange("OB_REG_017"),
            .suite(["path.with-ob", "path.first-hop", "instance.reg-id-largest", "registration.outbound"])),
        Coverage("OB-REG-018", .exchange("OB_REG_018"), .suite(["registration.no-tag"])),
        Coverage(
            "OB-REG-019",
            .ownCode("OB-AP-005 judges it where the registrar is the first hop"),
            .suite([
                "delivery.message", "delivery.options", "delivery.misleading-contact", "delivery.two-accounts",
                "delivery.invalid-contact", "dialog.incoming",
            ])),
        Coverage("OB-REG-020", .audit("FollowsTheNewestFlow"), .suite(["delivery.moved"])),
        Coverage(
            "OB-REG-021", .ownCode("OB-KA-010 and OB-STUN-011 judge it, whoever is at the far end"),
            .command("register-test"), .suite(["keepalive.ping-registered"])),
        Coverage(
            "OB-REG-022", .exchange("OB_REG_022"),
            .suite([
                "instance.reg-id-wraps", "instance.reg-id-zero", "instance.reg-id-too-large",
                "instance.reg-id-beyond-32-bits", "instance.reg-id-negative", "instance.reg-id-fraction",
                "instance.reg-id-letters", "instance.reg-id-digits-and-letters", "instance.reg-id-empty",
                "instance.reg-id-twice",
            ])),
        Coverage(
            "OB-REG-023", .exchange("OB_REG_023"), .suite(["registration.remove-one", "registration.expires-field"])),
        Coverage("OB-REG-024", .exchange("OB_REG_024"), .suite(["registration.star", "registration.star-refused"])),
        Coverage(
            "OB-REG-025", .exchange("OB_REG_025"),
            .suite(["answers.huge-expiry", "registration.list", "registration.expires-field", "registration.outbound"])),
        Coverage("OB-REG-026", .exchange("OB_REG_026"), .suite(["path.own-only"])),
        Coverage("OB-REG-027", .audit("CSeqMustRise"), .suite(["registration.cseq"])),
        Coverage("OB-REG-028", .exchange("OB_REG_028"), .suite(["answers.brief-expiry"])),
        Coverage(
            "OB-REG-029", .exchange("OB_REG_029"), .suite(["answers.unknown-required", "answers.require-outbound"]),
            .command("inspect")),
        Coverage("OB-REG-030", .suite(["registration.other-user"])),
        Coverage(
            "OB-REG-031", .suite(["registration.unauthenticated", "digest.unauthenticated", "digest.wrong-password"])),
        Coverage(
            "OB-REG-032", .exchange("OB_REG_032"), .suite(["registration.ob-anywhere", "registration.always-answered"])),
        Coverage("OB-AP-001", .audit("OneFlowAtATime"), .suite(["delivery.one-flow"])),
        Coverage(
            "OB-AP-002", .audit("NextFlowAfter430"),
            .suite(["failure.fin", "failure.rst", "failure.silence", "failure.430-next"])),
        Coverage("OB-AP-003", .audit("NoOtherFlowAfterAnAnswer"), .suite(["delivery.final-answer"])),
        Coverage("OB-AP-004", .audit("OwnPathForEachBranch"), .suite(["delivery.own-route"])),
        Coverage("OB-AP-005", .audit("UsesTheVeryFlow"), .suite(["delivery.udp"])),
        Coverage(
            "OB-AP-006",
            .audit("NothingForAClosedFlow"),
            .suite(["failure.fin", "failure.rst", "failure.only-flow", "failure.udp-gone", "failure.two-accounts"])),
        Coverage("OB-AP-007", .audit("NothingForAClosedFlow"), .suite(["failure.server-closes"])),
        Coverage("OB-AP-008", .audit("DropsBindingAfter430"), .suite(["failure.only-flow", "failure.430-next"])),
        Coverage(
            "OB-AP-009", .exchange("OB_AP_009"),
            .suite(["failure.only-flow", "failure.two-accounts", "failure.server-closes", "failure.430-inside"]),
            .command("inspect")),
    ]
}
