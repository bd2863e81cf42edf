/// Reads what a prober saw as findings under the catalogue's rows: what the answers of one server prove, and no more.
public struct STUNProbeJudge: Sendable {
    let seen: STUNProber.Observations
    let settings: STUNProber.Settings
    let remote: TransportAddress
    let local: TransportAddress
    let subject: String

    /// - Parameters:
    ///   - remote: where the probes went.
    ///   - local: the socket's own address.
    ///   - subject: how the findings call the server.
    public init(
        _ observations: STUNProber.Observations, settings: STUNProber.Settings, remote: TransportAddress,
        local: TransportAddress, subject: String
    ) {
        seen = observations
        self.settings = settings
        self.remote = remote
        self.local = local
        self.subject = subject
    }

    /// All findings, in the order of the catalogue.
    public var findings: [Finding] {
        let all =
            [flowFailures, mappedAddressPresent, mappedAddressRight, served, noCredentials, sameAddress, wellFormed]
            .flatMap { $0 }
            + [attributeHandling, errorCode, transactionID, fingerprint, understood, software, sip].flatMap { $0 }
        return all.sorted { ($0.requirement?.text ?? "~") < ($1.requirement?.text ?? "~") }
    }

    /// Whether no NAT can lie between the two ends.
    private var isLocalPath: Bool { remote.ip.isLoopback || remote.ip == local.ip }

    private var flowFailures: [Finding] {
        var findings: [Finding] = []
        if let change = seen.firstChange {
            findings.append(
                .warn(
                    "OB-STUN-006", subject: subject,
                    message: "the flow has failed: the mapped address changed "
                        + (seen.mappedAddressChanges == 1 ? "once" : "\(seen.mappedAddressChanges) times"),
                    evidence: [
                        Evidence(time: change.time, observed: "\(change.to)", expected: "\(change.from), as before")
                    ], diagnosis: "DX-STUN-04",
                    advice: "a phone must now open a new flow and REGISTER with the same reg-id; if it happens after "
                        + "silences, the NAT forgets sooner than the keep-alives come: shorten their interval"))
        }
        if let error = seen.firstError, !isRefusal(error) {
            findings.append(
                .warn(
                    "OB-STUN-005", subject: subject, message: "a Binding error response means that the flow has failed",
                    evidence: [
                        Evidence(time: error.timing.ended, observed: words(error), expected: "a success response")
                    ],
                    advice: advice(for: error)))
        }
        return findings
    }

    func words(_ answer: STUNProber.Answer) -> String {
        guard !answer.isSuccess else { return "success response" }
        return "error response " + (answer.message.errorCode?.description ?? "without ERROR-CODE")
    }

    private func advice(for error: STUNProber.Answer) -> String? {
        guard error.message.errorCode?.code == 300 else { return nil }
        let server = error.message.alternateServer.map { " (\($0))" } ?? ""
        return "the server points to another one\(server), which cannot keep this flow alive"
    }

    /// A 400, 401 or 420 to a request that gave no ground for one.
    private func isRefusal(_ answer: STUNProber.Answer) -> Bool {
        switch answer.message.errorCode?.code {
        case 401: true
        case 400, 420: settings.software == nil && !settings.fingerprint && !settings.cookieless
        default: false
        }
    }

    private var mappedAddressPresent: [Finding] {
        guard !settings.cookieless, let success = seen.firstSuccess else { return [] }
        guard let bad = seen.firstWithoutXOR else {
            return [
                .pass(
                    "OB-STUN-009", subject: subject, message: "success responses carry XOR-MAPPED-ADDRESS",
                    evidence: [
                        Evidence(
                            time: success.timing.ended, observed: success.mappedAddress?.description ?? "present")
                    ])
            ]
        }
        let message = bad.message
        let observed: String
        if message.first(.xorMappedAddress) != nil {
            observed = "XOR-MAPPED-ADDRESS that holds no address"
        } else if let plain = message.plainMappedAddress {
            observed = "only MAPPED-ADDRESS (\(plain))"
        } else if message.first(.oldXORMappedAddress) != nil {
            observed = "only the attribute 0x8020 of a draft"
        } else {
            observed = "no mapped address"
        }
        return [
            .fail(
                "OB-STUN-009", subject: subject,
                message: message.plainMappedAddress == nil
                    ? "a success response lacks XOR-MAPPED-ADDRESS" : "an RFC 3489 server: no XOR-MAPPED-ADDRESS",
                evidence: Evidence(time: bad.timing.ended, observed: observed, expected: "XOR-MAPPED-ADDRESS"),
                diagnosis: "DX-STUN-02", advice: "upgrade the STUN server to RFC 5389 or later")
        ]
    }

    private var mappedAddressRight: [Finding] {
        guard let success = seen.firstSuccess, let mapped = seen.firstMappedAddress else { return [] }
        let evidence = Evidence(time: success.timing.ended, observed: "\(mapped)", expected: "\(local)")
        if mapped == local {
            return [
                .pass(
                    "OB-STUN-010", subject: subject, message: "the mapped address is the request's source address",
                    evidence: [evidence])
            ]
        }
        guard isLocalPath else {
            return [
                .unknown(
                    "OB-STUN-010", .side, subject: subject,
                    message:
                        "there is a NAT on the way (or the server is wrong): the mapped address is not the socket's own",
                    evidence: [evidence])
            ]
        }
        return [
            .fail(
                "OB-STUN-010", subject: subject,
                message: "the mapped address is not the request's source address, and no NAT can lie between",
                evidence: evidence)
        ]
    }

    private var served: [Finding] {
        if let success = seen.firstSuccess {
            return [
                .pass(
                    "OB-STUN-011", subject: subject, message: "the port answers STUN Binding requests",
                    evidence: [Evidence(time: success.timing.ended, observed: "success response")])
            ]
        }
        guard seen.answered == 0, !settings.cookieless else { return [] }
        let proof: Evidence
        if let answer = seen.sipAnswer {
            proof = Evidence(time: answer.time, observed: "OPTIONS is answered \(answer.status) \(answer.reason)")
        } else if let foreign = seen.firstForeignSIP {
            proof = Evidence(time: foreign.time, observed: "SIP comes from the port: \(foreign.line)")
        } else {
            return []
        }
        guard let silence = seen.firstSilence else {
            return [
                .unknown(
                    "OB-STUN-011", .cut, subject: subject,
                    message: "SIP is answered and STUN was not, but no transaction was waited for to its end",
                    evidence: [proof], advice: "give it more time: \(total) a probe")
            ]
        }
        let silent = Evidence(
            time: silence.timing.ended,
            observed: "no answer to \(counted(silence.timing.sends, "Binding request")) in \(total)",
            expected: "a Binding response from every UDP port that takes SIP")
        return [
            .fail(
                "OB-STUN-011", subject: subject, message: "the port takes SIP and answers no STUN", evidence: silent,
                [proof], diagnosis: "DX-STUN-01", advice: "load the STUN module of the proxy (Kamailio: stun.so)")
        ]
    }

    private var total: String { "\(DecimalSeconds.text(settings.timing.total.inNanoseconds, places: 1)) s" }

    private var noCredentials: [Finding] {
        if let error = seen.firstError, isRefusal(error) {
            return [
                .fail(
                    "OB-STUN-012", subject: subject,
                    message: "the server refuses a Binding request that needs nothing more",
                    evidence: Evidence(
                        time: error.timing.ended, observed: words(error),
                        expected: "a success response, without credentials"))
            ]
        }
        guard let success = seen.firstSuccess, settings.software == nil, !settings.fingerprint, !settings.cookieless
        else { return [] }
        return [
            .pass(
                "OB-STUN-012", subject: subject, message: "a request without attributes is answered",
                evidence: [Evidence(time: success.timing.ended, observed: "success response")])
        ]
    }

    private var sameAddress: [Finding] {
        if let stranger = seen.firstElsewhere {
            return [
                .fail(
                    "OB-STUN-013", subject: subject, message: "an answer comes from another address or port",
                    evidence: Evidence(
                        time: stranger.time, observed: "\(stranger.address)",
                        expected: "\(remote), where the request went"),
                    advice: "a NAT lets only the address through that the request went to")
            ]
        }
        guard seen.answered > 0 else { return [] }
        return [.pass("OB-STUN-013", subject: subject, message: "answers come from where the requests went")]
    }

    private var wellFormed: [Finding] {
        if let bad = seen.firstWithoutCookie, !settings.cookieless {
            return [
                .fail(
                    "OB-STUN-015", subject: subject, message: "an answer lacks the magic cookie: clients drop it",
                    evidence: Evidence(
                        time: bad.timing.ended,
                        observed: "octets 4 to 7 \(Hex.encode(Array(bad.message.bytes[4..<8])))",
                        expected: "2112a442"))
            ]
        }
        guard let bad = seen.firstMalformed else {
            guard seen.answered > 0, !settings.cookieless else { return [] }
            return [
                .pass("OB-STUN-015", subject: subject, message: "header, cookie and lengths of the answers are right")
            ]
        }
        return [
            .fail(
                "OB-STUN-015", subject: subject, message: "the server sends malformed STUN messages",
                evidence: Evidence(
                    time: bad.time, observed: bad.error.description,
                    expected: "a header of 20 octets with the cookie, and a length that agrees"))
        ]
    }
}
