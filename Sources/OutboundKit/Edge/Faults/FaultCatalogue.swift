/// A line of the list of faults.
public struct FaultEntry: Sendable, Hashable {
    public let parameter: Fault.Parameter
    /// What the server does.
    public let what: String
    /// What a good phone does then.
    public let expects: String
    /// The requirements of a phone that this puts to the test, and those of a server that it breaks.
    public let provokes: [Requirement.ID]
    public let breaks: [Requirement.ID]

    init(
        _ parameter: Fault.Parameter, _ what: String, expects: String, provokes: [Requirement.ID],
        breaks: [Requirement.ID] = []
    ) {
        self.parameter = parameter
        self.what = what
        self.expects = expects
        self.provokes = provokes
        self.breaks = breaks
    }
}

extension Fault.Kind {
    public var entry: FaultEntry {
        switch self {
        case .noPong, .latePong, .splitPong, .doublePong, .pongBefore200: crlf
        case .noSTUN, .stunError, .wrongMappedAddress, .changingMappedAddress, .noMappedAddress, .cookieLessAnswer,
            .softwareFirst, .forgedSTUN:
            stun
        case .noRequire, .noFlowTimer, .changedFlowTimer, .lateOK, .threeContacts: grant
        case .status420, .status421, .status423, .status439, .status500, .status503, .silence: refusal
        case .tokenWithoutMAC, .newTokenKey, .killAfterPings, .killAfterSeconds, .closesEarly, .neverCloses,
            .status403, .status430:
            flow
        }
    }

    private var crlf: FaultEntry {
        switch self {
        case .latePong:
            FaultEntry(
                .seconds(12_000), "answers each CRLF ping after so many seconds",
                expects: "beyond 10 s the flow is dropped and registered anew with the same reg-id",
                provokes: ["OB-KA-006", "OB-KA-017", "OB-REC-001", "OB-REC-012"], breaks: ["OB-KA-010", "OB-EP-018"])
        case .splitPong:
            FaultEntry(
                .none, "sends the two octets of a pong 200 ms apart", expects: "the pong counts",
                provokes: ["OB-KA-006"])
        case .doublePong:
            FaultEntry(
                .none, "answers each ping with two pongs", expects: "nothing happens", provokes: ["OB-KA-006"],
                breaks: ["OB-KA-014"])
        case .pongBefore200:
            FaultEntry(
                .none, "puts a CRLF and the 200 to REGISTER into one segment", expects: "both are understood",
                provokes: ["OB-KA-015"])
        default:
            FaultEntry(
                .none, "answers no CRLF ping",
                expects: "after 10 s the flow is dropped and registered anew; waits grow while it goes on",
                provokes: [
                    "OB-KA-006", "OB-KA-013", "OB-KA-017", "OB-REC-001", "OB-REC-005", "OB-REC-008", "OB-REC-011",
                    "OB-REC-012", "OB-WS-007",
                ],
                breaks: ["OB-KA-010", "OB-EP-018", "OB-REG-021", "OB-WS-003"])
        }
    }

    private var stun: FaultEntry {
        switch self {
        case .stunError:
            FaultEntry(
                .count(400), "answers STUN requests with that error code (300 to 699)",
                expects: "the flow has failed: a new one, and a REGISTER with the same reg-id",
                provokes: ["OB-STUN-005", "OB-REC-012"], breaks: ["OB-STUN-012", "OB-STUN-009"])
        case .wrongMappedAddress:
            FaultEntry(
                .none, "always reports the phone's port one too high",
                expects: "nothing: answers are compared with each other, not with the socket",
                provokes: ["OB-STUN-006"], breaks: ["OB-STUN-010"])
        case .changingMappedAddress:
            FaultEntry(
                .count(3), "reports another port from that answer on",
                expects: "the flow has failed: a REGISTER with the same reg-id",
                provokes: ["OB-STUN-006", "OB-REC-012"], breaks: ["OB-STUN-010"])
        case .noMappedAddress:
            FaultEntry(
                .none, "answers STUN with success and no address",
                expects: "the answer is no success, and keep-alives go on",
                provokes: ["OB-STUN-024", "OB-FT-004"], breaks: ["OB-STUN-009"])
        case .cookieLessAnswer:
            FaultEntry(
                .none, "answers STUN like a server of RFC 3489: no cookie, MAPPED-ADDRESS alone",
                expects: "the answer is dropped, and the flow fails as without one",
                provokes: ["OB-STUN-023", "OB-STUN-024", "OB-STUN-004"], breaks: ["OB-STUN-009", "OB-STUN-015"])
        case .softwareFirst:
            FaultEntry(
                .none, "puts SOFTWARE and an unknown optional attribute before the address",
                expects: "the answer is accepted", provokes: ["OB-STUN-021"])
        case .forgedSTUN:
            FaultEntry(
                .none, "sends a STUN answer with another transaction and address before the right one",
                expects: "the forged one is dropped in silence", provokes: ["OB-STUN-023"], breaks: ["OB-STUN-023"])
        default:
            FaultEntry(
                .none, "answers no STUN request",
                expects: "sends at 0, 0.5, 1.5, … 31.5 s, gives up at 39.5 s, registers anew",
                provokes: [
                    "OB-STUN-004", "OB-STUN-016", "OB-STUN-017", "OB-REC-001", "OB-REC-005", "OB-REC-011", "OB-REC-012",
                ],
                breaks: ["OB-STUN-011", "OB-EP-017"])
        }
    }

    private var grant: FaultEntry {
        switch self {
        case .noFlowTimer:
            FaultEntry(
                .none, "sends no Flow-Timer", expects: "keep-alives at 95 to 120 s on streams, 24 to 29 s on UDP",
                provokes: ["OB-KA-008", "OB-KA-009", "OB-STUN-003", "OB-FT-007"])
        case .changedFlowTimer:
            FaultEntry(
                .count(20), "sends that Flow-Timer from the second REGISTER of a phone on (0: none)",
                expects: "the new value rules at once", provokes: ["OB-FT-004", "OB-FT-005", "OB-FT-007", "OB-FT-009"])
        case .lateOK:
            FaultEntry(
                .seconds(3000), "sends the 200 to REGISTER so many seconds late",
                expects: "no second REGISTER with a new CSeq meanwhile", provokes: ["OB-UA-029", "OB-SIP-001"])
        case .threeContacts:
            FaultEntry(
                .none, "lists two foreign Contacts with the same user before the phone's own",
                expects: "the phone takes its own expiry and stays registered", provokes: ["OB-UA-027"],
                breaks: ["OB-REG-025"])
        default:
            FaultEntry(
                .none, "leaves `outbound` out of Require, and Flow-Timer with it",
                expects: "outbound is not in force: no STUN, no failure for want of a pong",
                provokes: ["OB-UA-010", "OB-UA-011", "OB-UA-031", "OB-KA-013", "OB-STUN-007"], breaks: ["OB-REG-017"])
        }
    }

    private var refusal: FaultEntry {
        switch self {
        case .status421:
            FaultEntry(
                .none, "answers REGISTER with 421 and `Require: outbound`",
                expects: "the option-tag is added, or the phone reports it", provokes: ["OB-UA-003"])
        case .status423:
            FaultEntry(
                .count(7200), "answers a REGISTER for less than so many seconds with 423 and Min-Expires",
                expects: "at once again with that many seconds", provokes: ["OB-REC-006"])
        case .status439:
            FaultEntry(
                .none, "answers an outbound REGISTER with 439",
                expects: "a plain REGISTER, another proxy, or an end: not the same again at once",
                provokes: ["OB-UA-013"], breaks: ["OB-EP-019"])
        case .status500:
            FaultEntry(
                .count(6), "answers the first so many REGISTERs of a phone with 500",
                expects: "waits of the back-off: 30 to 60 s, 1 to 2 min, … with one flow, longer when another is up",
                provokes: [
                    "OB-REC-002", "OB-REC-003", "OB-REC-004", "OB-REC-005", "OB-REC-006", "OB-REC-007", "OB-REC-010",
                    "OB-UA-028",
                ])
        case .status503:
            FaultEntry(
                .count(30), "answers REGISTER with 503 and that Retry-After",
                expects: "no REGISTER before that time, on the same flow; keep-alives go on",
                provokes: ["OB-UA-012", "OB-UA-016", "OB-REC-009"])
        case .silence:
            FaultEntry(
                .count(1_000_000), "does not answer the first so many REGISTERs of a phone",
                expects: "sent again at 0.5, 1.5, 3.5 s … on UDP, given up at 32 s, then the back-off",
                provokes: ["OB-SIP-001", "OB-SIP-002", "OB-REC-012"], breaks: ["OB-REG-032"])
        default:
            FaultEntry(
                .none, "answers an outbound REGISTER with 420 and `Unsupported: outbound`",
                expects: "registers without outbound, or reports it", provokes: ["OB-UA-013"])
        }
    }

    private var flow: FaultEntry {
        switch self {
        case .newTokenKey:
            FaultEntry(
                .count(1),
                "changes the key of its tokens after so many REGISTERs, as a restarted edge without a secret",
                expects: "requests in old dialogs get 403; registering anew mends it",
                provokes: ["OB-UA-022", "OB-UA-026"],
                breaks: ["OB-EP-021"])
        case .killAfterPings:
            FaultEntry(
                .countAndManner(3), "ends a flow after its so many-th keep-alive (fin, rst or silent)",
                expects: "a new flow and a REGISTER with the same reg-id; the other flow is not disturbed",
                provokes: [
                    "OB-KA-017", "OB-REC-001", "OB-REC-010", "OB-REC-012", "OB-UA-022", "OB-WS-007",
                ])
        case .killAfterSeconds:
            FaultEntry(
                .secondsAndManner(10_000), "ends a flow so many seconds after its beginning (fin, rst or silent)",
                expects: "a new flow and a REGISTER with the same reg-id",
                provokes: [
                    "OB-KA-017", "OB-REC-001", "OB-REC-010", "OB-REC-012", "OB-UA-006", "OB-INST-008", "OB-WS-007",
                ])
        case .closesEarly:
            FaultEntry(
                .seconds(5000), "closes a stream after so many seconds of silence, whatever Flow-Timer said",
                expects: "a new flow and a REGISTER with the same reg-id", provokes: ["OB-KA-017", "OB-REC-001"],
                breaks: ["OB-FT-006"])
        case .neverCloses:
            FaultEntry(
                .none, "keeps silent streams for ever", expects: "keep-alives go on as Flow-Timer asks",
                provokes: ["OB-FT-004", "OB-KA-001"], breaks: ["OB-FT-010"])
        case .status403:
            FaultEntry(
                .none, "answers every request but REGISTER with 403", expects: "calls fail cleanly",
                provokes: ["OB-UA-026"])
        case .status430:
            FaultEntry(
                .none, "answers every request but REGISTER with 430, which no phone should ever see",
                expects: "treated as 400: the call fails cleanly, no instant retry", provokes: ["OB-UA-026"],
                breaks: ["OB-AP-009"])
        default:
            FaultEntry(
                .none, "writes tokens whose code is all zeros, and takes any",
                expects: "nothing: tokens are opaque to phones", provokes: ["OB-UA-009"],
                breaks: ["OB-EP-012", "OB-TOK-001", "OB-TOK-007"])
        }
    }
}
