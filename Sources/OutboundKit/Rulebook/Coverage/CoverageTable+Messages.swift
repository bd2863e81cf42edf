/// What sipob checks of STUN, WebSocket, headers and parameters.
extension CoverageTable {
    static let messages: [Coverage] = [
        Coverage("OB-STUN-001", .audit("NotOnStreams")),
        Coverage("OB-STUN-002", .audit("ImplementsSTUN")),
        Coverage("OB-STUN-003", .audit("RandomWithoutTimer")),
        Coverage("OB-STUN-004", .audit("ReactsToTimeout")),
        Coverage("OB-STUN-005", .audit("ReactsToError"), .command("register-test")),
        Coverage("OB-STUN-006", .audit("ReactsToMappedChange"), .command("register-test")),
        Coverage("OB-STUN-007", .audit("OnlyWithSign")),
        Coverage("OB-STUN-008", .notTestable("asks what documentation means, which no wire shows")),
        Coverage(
            "OB-STUN-009", .audit("HasXORMappedAddress"), .command("stun-ping"), .command("register-test"),
            .suite(["stun.binding"])),
        Coverage(
            "OB-STUN-010", .audit("MappedIsSource"), .command("stun-ping"), .command("register-test"),
            .suite(["stun.binding"])),
        Coverage(
            "OB-STUN-011", .audit("ServerAnswers"), .command("stun-ping"), .command("register-test"),
            .suite(["stun.binding"])),
        Coverage(
            "OB-STUN-012", .audit("DemandsNothing"), .command("stun-ping"), .command("register-test"),
            .suite(["stun.binding"])),
        Coverage(
            "OB-STUN-013", .audit("SamePortAsSIP"), .command("stun-ping"), .command("register-test"),
            .suite(["stun.registered"])),
        Coverage("OB-STUN-014", .command("stun-ping"), .suite(["stun.interleaved", "stun.indication"])),
        Coverage(
            "OB-STUN-015", .audit("WellFormed"), .command("stun-ping"),
            .suite(["stun.broken", "stun.unknown-required"])),
        Coverage("OB-STUN-016", .audit("Schedule"), .command("stun-ping")),
        Coverage(
            "OB-STUN-017", .notInCaptures("it allows either way, and the row asks for no verdict"),
            .command("stun-ping")),
        Coverage(
            "OB-STUN-018",
            .notInCaptures(
                "what a client has cached does not show: OB-STUN-016 judges the first wait, which may be 500 ms"),
            .command("stun-ping")),
        Coverage("OB-STUN-019", .audit("StopsAtICMP"), .command("stun-ping")),
        Coverage(
            "OB-STUN-020", .audit("ListsUnknownAttributes"), .command("stun-ping"), .suite(["stun.unknown-required"])),
        Coverage(
            "OB-STUN-021", .audit("PassesOverAttributes"), .command("stun-ping"), .suite(["stun.unknown-optional"])),
        Coverage("OB-STUN-022", .audit("ErrorHasCode"), .command("stun-ping"), .suite(["stun.unknown-required"])),
        Coverage("OB-STUN-023", .audit("DropsForeignAnswers"), .command("stun-ping")),
        Coverage("OB-STUN-024", .command("stun-ping")),
        Coverage("OB-STUN-025", .audit("FingerprintFits"), .command("stun-ping"), .suite(["stun.fingerprint"])),
        Coverage("OB-STUN-026", .audit("DetectsFailure")),
        Coverage("OB-STUN-027", .audit("AnswersRepeats"), .suite(["stun.repeated"])),
        Coverage("OB-STUN-028", .audit("StaysOnTheHop")),
        Coverage("OB-STUN-029", .audit("NoCookie"), .suite(["stun.broken"])),
        Coverage("OB-STUN-030", .notTestable("SigComp is not read")),
        Coverage(
            "OB-STUN-031",
            .notInCaptures("that SOFTWARE is missing explains no outage; on each flow it would be noise"),
            .command("stun-ping"), .suite(["stun.binding"])),
        Coverage(
            "OB-GR-001", .exchange("OB_GR_001_answer"), .exchange("OB_GR_001"),
            .suite(["instance.inside-brackets", "registration.outbound"]), .command("inspect")),
        Coverage(
            "OB-GR-002", .exchange("OB_GR_002_path"), .exchange("OB_GR_002"),
            .suite(["path.first-hop", "registration.ob-anywhere"]), .command("inspect")),
        Coverage("OB-GR-003", .exchange("OB_GR_003"), .command("inspect")),
        Coverage(
            "OB-GR-004", .exchange("OB_GR_004"), .suite(["registration.outbound", "registration.tag-case"]),
            .command("inspect")),
        Coverage("OB-GR-005", .exchange("OB_GR_005"), .suite(["path.missing"]), .command("inspect")),
        Coverage(
            "OB-GR-006", .ownCode("the RFC 4475 messages are run through the parser in the tests"),
            .suite([
                "robustness.odd-register", "robustness.compact-register", "robustness.garbage",
                "robustness.half-request", "robustness.huge-header", "robustness.wrong-length",
                "robustness.stray-response", "robustness.idle-flows", "robustness.slow-sender",
            ])),
        Coverage(
            "OB-WS-001", .ownCode("OB-WS-002 and OB-WS-009 judge the Pings of both ends"), .command("ws-ping"),
            .suite(["websocket.ping"])),
        Coverage(
            "OB-WS-002", .audit("AnswersPings"), .audit("ClientAnswersPings"), .command("ws-ping"),
            .suite(["websocket.ping"])),
        Coverage("OB-WS-003", .audit("AnswersCRLF"), .command("ws-ping"), .suite(["websocket.crlf"])),
        Coverage(
            "OB-WS-004", .audit("OneMessageAFrame"), .command("ws-ping"), .suite(["websocket.one-message-a-frame"])),
        Coverage("OB-WS-005", .audit("NegotiatesSIP"), .command("ws-ping"), .suite(["websocket.ping"])),
        Coverage(
            "OB-WS-006",
            .notInCaptures("a name under .invalid leads nowhere, so the request is never sent, and DNS is not read"),
            .suite(["delivery.invalid-contact"])),
        Coverage("OB-WS-007", .audit("NoReconnectStorm"), .audit("ReactsToMissedPong")),
        Coverage("OB-WS-008", .audit("NoSTUN")),
        Coverage("OB-WS-009", .audit("ClientPings")),
        Coverage(
            "OB-WS-010", .audit("FramesInOrder"), .command("ws-ping"),
            .suite(["websocket.fragments", "websocket.unmasked"])),
        Coverage("OB-KEEP-001", .exchange("OB_KEEP_001"), .command("inspect")),
        Coverage("OB-KEEP-002", .exchange("OB_KEEP_002"), .suite(["answers.keep"])),
        Coverage("OB-KEEP-003", .exchange("OB_KEEP_003"), .suite(["answers.keep-unasked"])),
        Coverage("OB-KEEP-004", .ownCode("the rules on intervals take keep=n as they take Flow-Timer")),
        Coverage("OB-KEEP-005", .ownCode("the rules on intervals take keep=0 as the default windows")),
        Coverage("OB-KEEP-006", .exchange("OB_KEEP_006"), .suite(["answers.keep"])),
        Coverage(
            "OB-KEEP-007", .audit("EndsWithTheRegistration"), .ownCode("the duty ends with a 2xx that has no keep")),
        Coverage("OB-KEEP-008", .notTestable("which keep-alives of a flow belong to a dialog does not show")),
        Coverage("OB-KEEP-009", .suite(["answers.keep-unasked"])),
        Coverage("OB-KEEP-010", .ownCode("the rules on STUN and pongs accept keep as the sign")),
        Coverage("OB-GRUU-001", .exchange("OB_GRUU_001"), .suite(["registration.gruu"])),
        Coverage("OB-GRUU-002", .audit("NoOutdatedGRUU")),
        Coverage("OB-GRUU-003", .suite(["gruu.new-call-id"])),
        Coverage("OB-GRUU-004", .audit("RegistersItsOwnAddress"), .suite(["gruu.sent-by-phone", "gruu.contact"])),
        Coverage(
            "OB-GRUU-005",
            .ownCode("OB-AP-001 and OB-AP-003 judge the flows of a device, by whichever URI it was called"),
            .suite(["gruu.public", "gruu.temporary", "gruu.two-flows"])),
        Coverage("OB-GRUU-006", .suite(["gruu.no-contact"])),
        Coverage(
            "OB-GRUU-007",
            .notInCaptures(
                "two Route values of one edge are also what an edge gives that records its route once for each socket"),
            .suite(["gruu.mid-dialog"])),
        Coverage("OB-GRUU-008", .suite(["gruu.record-route"])),
        Coverage("OB-GRUU-009", .ownCode("OB-UA-023 accepts a GRUU without ob, and OB-UA-025 judges its flow")),
        Coverage("OB-PATH-001", .audit("EachHopOnTop"), .suite(["path.order"])),
        Coverage("OB-PATH-002", .exchange("OB_PATH_002"), .suite(["path.not-offered"])),
        Coverage("OB-PATH-003", .exchange("OB_PATH_003"), .suite(["path.policy"])),
        Coverage("OB-PATH-004", .exchange("OB_PATH_004"), .suite(["path.with-ob", "path.order"])),
        Coverage("OB-RPORT-001", .exchange("OB_RPORT_001"), .command("inspect")),
        Coverage(
            "OB-RPORT-002", .audit("SettlesOnAContact"), .exchange("OB_RPORT_002"), .command("stun-ping"),
            .suite(["answers.rport", "answers.stun-and-sip", "answers.rewritten", "stun.registered"]),
            .command("inspect")),
        Coverage("OB-RPORT-003", .exchange("OB_RPORT_003"), .suite(["answers.false-sent-by"])),
        Coverage("OB-SIP-001", .audit("RegisterRetransmissions")),
        Coverage("OB-SIP-002", .ownCode("the rules on back-off count 32 s without an answer as a failure")),
        Coverage(
            "OB-SIP-003", .audit("FramesMessages"), .exchange("OB_SIP_003_answer"), .exchange("OB_SIP_003"),
            .command("crlf-ping"),
            .suite(["answers.datagram-trailer", "answers.framing"]), .command("inspect")),
        Coverage("OB-SIP-004", .exchange("OB_SIP_004"), .command("inspect")),
        Coverage("OB-SIP-005", .exchange("OB_SIP_005")),
        Coverage("OB-AUTH-001", .exchange("OB_AUTH_001")),
        Coverage(
            "OB-AUTH-002", .exchange("OB_AUTH_002"), .exchange("OB_AUTH_002_offer"),
            .suite(["digest.offer", "digest.algorithms"])),
        Coverage("OB-AUTH-003", .exchange("OB_AUTH_003"), .suite(["digest.auth-int", "digest.replay"])),
        Coverage(
            "OB-AUTH-004",
            .ownCode(
                "credentials go into answers to challenges of the named target only; the unit tests of Digest hold it there"
            )),
    ]
}
