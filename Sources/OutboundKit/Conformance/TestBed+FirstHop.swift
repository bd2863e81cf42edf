/// What an edge proxy did where the registrar answers 439, First Hop Lacks Outbound Support (RFC 5626 §5.1, §6).
extension TestBed {
    /// A 439 holds no Path. What the edge adds shows in a REGISTER with a reg-id that does not ask for outbound, which the
    /// registrar takes as an ordinary one and the edge must treat alike.
    mutating func judgeFirstHop(refused reply: Reply, on phone: Phone) async throws(CaseStop) {
        let plain = try await register(phone) { $0.supported = ["path"] }
        try needSuccess(plain, to: "a REGISTER without the outbound tag, after \(reply.line),")
        let isProven = try await registrarTakesOb()
        let because = "\(reply.line); without the outbound tag \(plain.shown(.path))"
        guard let path = plain.path.last?.uri else {
            return blame(
                "OB-EP-001", "the edge adds no Path, and the registrar refuses outbound", because,
                "Path with the edge's URI, a flow token and ob", "DX-REG-01", isProven)
        }
        if path.user?.isEmpty ?? true {
            blame(
                "OB-EP-002", "the edge puts no flow token into Path", because,
                "a flow token in Path, and no 439", "DX-REG-01", isProven)
        }
        guard path.hasParameter("ob") else {
            return blame(
                "OB-EP-005", "the edge adds itself to Path without ob, and the registrar refuses outbound", because,
                "ob in Path, and no 439", "DX-REG-01", isProven)
        }
        warn(
            "OB-REG-017", "outbound is refused although the first hop's Path has ob", saw: because,
            expected: "200 with Require: outbound", "DX-REG-01")
    }

    /// Whether the registrar, spoken to past the edge, grants outbound behind a first hop with ob and gives its Path back.
    private mutating func registrarTakesOb() async throws(CaseStop) -> Bool {
        guard plan.hasOwnCore else { return false }
        let reply = try await register(try await proxied(device: 1), behind: ["<sip:first.invalid;lr;ob>"])
        return reply.isSuccess && reply.grantsOutbound && !reply.path.isEmpty
    }

    /// Without that proof the registrar may have lost what the edge wrote.
    private mutating func blame(
        _ requirement: Requirement.ID, _ message: String, _ saw: String, _ expected: String,
        _ diagnosis: Diagnosis.ID, _ isProven: Bool
    ) {
        if isProven {
            fail(requirement, message, saw: saw, expected: expected, diagnosis)
        } else {
            warn(requirement, message, saw: saw, expected: expected, diagnosis)
        }
    }
}
