import Testing

@testable import OutboundKit

/// The SIP check and the conformance check of the prober, and its statistics.
@Suite struct ProbeChecksTests {
    private func settings(_ change: (inout STUNProber.Settings) -> Void) -> STUNProber.Settings {
        var settings = STUNProber.Settings()
        settings.schedule = ProbeSchedule(count: 1)
        change(&settings)
        return settings
    }

    /// A 200 to an OPTIONS request, its Via completed with `received` and `rport`.
    private func ok(_ request: [UInt8], _ parameters: String) -> [UInt8] {
        let lines = String(decoding: request, as: UTF8.self).split(separator: "\r\n").dropFirst()
        var text = "SIP/2.0 200 OK\r\n"
        for line in lines where !line.hasPrefix("Max-Forwards") && !line.hasPrefix("User-Agent") {
            text += line.hasPrefix("Via") ? line.replacing(";rport", with: parameters) : line
            text += "\r\n"
        }
        return Array((text + "\r\n").utf8)
    }

    private func isSTUN(_ octets: [UInt8]) -> Bool { STUN.isMessage(octets) }

    @Test(arguments: [
        (";rport=40000;received=198.51.100.7", "pass"), (";rport=40001;received=198.51.100.7", "warn"),
        (";rport=40000;received=192.168.1.9", "warn"), (";rport", "fail"), (";rport=40000", "fail"),
    ])
    func sipSeesTheSameAddress(_ parameters: String, _ verdict: String) {
        var rig = ProbeRig(settings { $0.sipCheckURI = "sip:192.0.2.1:5060" })
        rig.run { _, octets in
            [(isSTUN(octets) ? ProbeRig.success(octets) : ok(octets, parameters), .milliseconds(5), false)]
        }
        #expect(rig.verdict("OB-RPORT-002") == verdict)
        #expect(rig.verdict("OB-STUN-014") == "pass")
    }

    @Test func stunMissing() {
        var rig = ProbeRig(settings { $0.sipCheckURI = "sip:192.0.2.1:5060" })
        rig.run { _, octets in
            isSTUN(octets) ? [] : [(ok(octets, ";rport=40000;received=198.51.100.7"), .milliseconds(5), false)]
        }
        let finding = rig.findings.first { $0.requirement == "OB-STUN-011" }
        #expect(finding?.verdict == .fail)
        #expect(finding?.diagnosis == "DX-STUN-01")
    }

    /// Given up before the last retransmission: nothing is proved.
    @Test func stunMissingButNotWaitedFor() {
        var rig = ProbeRig(
            settings {
                $0.sipCheckURI = "sip:192.0.2.1:5060"
                $0.schedule = ProbeSchedule(count: 1, timeout: .seconds(2))
            })
        rig.run { _, octets in
            isSTUN(octets) ? [] : [(ok(octets, ";rport=40000;received=198.51.100.7"), .milliseconds(5), false)]
        }
        #expect(rig.findings.first { $0.requirement == "OB-STUN-011" }?.verdict == .unknown(.cut))
    }

    @Test func optionsIsSentAgain() {
        var rig = ProbeRig(settings { $0.sipCheckURI = "sip:192.0.2.1:5060" })
        var options: [Timestamp] = []
        rig.run { _, octets in isSTUN(octets) ? [(ProbeRig.success(octets), .milliseconds(5), false)] : [] }
        for (at, event) in zip(rig.sends, rig.sends.indices) where event != 0 { options.append(at) }
        let expected = [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5].map { Timestamp(seconds: $0) }
        #expect(options == expected)
        #expect(rig.prober.observations.ended == Timestamp(seconds: 32))
        #expect(rig.verdict("OB-STUN-014") == "info")
    }

    private func conformance(_ answer: @escaping (STUNMessage) -> [UInt8]?) -> ProbeRig {
        var rig = ProbeRig(settings { $0.conformance = true })
        rig.run { _, octets in
            guard let request = try? STUN.parse(octets), let reply = answer(request) else { return [] }
            return [(reply, .milliseconds(5), false)]
        }
        return rig
    }

    private func response(_ request: STUNMessage, _ fill: (inout STUNMessageWriter) -> Void = { _ in }) -> [UInt8] {
        let isRefused = !request.unknownRequired.isEmpty
        var writer = STUNMessageWriter(isRefused ? .bindingError : .bindingSuccess, request.transactionID)
        if isRefused {
            writer.append(errorCode: STUNErrorCode(code: 420, reason: "Unknown Attribute"))
        } else {
            writer.append(xorMappedAddress: ProbeRig.local)
        }
        fill(&writer)
        return writer.message
    }

    @Test func conformingServer() {
        let rig = conformance { request in
            response(request) {
                if !request.unknownRequired.isEmpty { $0.append(unknownAttributes: request.unknownRequired) }
            }
        }
        for id in ["OB-STUN-020", "OB-STUN-021", "OB-STUN-022"] as [Requirement.ID] {
            #expect(rig.verdict(id) == "pass")
        }
    }

    @Test func listMissing() {
        #expect(conformance { response($0) }.verdict("OB-STUN-020") == "fail")
    }

    @Test func unknownAttributesArePassedOver() {
        let rig = conformance { request in
            var writer = STUNMessageWriter(.bindingSuccess, request.transactionID)
            writer.append(xorMappedAddress: ProbeRig.local)
            return writer.message
        }
        #expect(rig.verdict("OB-STUN-020") == "fail")
        #expect(rig.verdict("OB-STUN-021") == "pass")
    }

    /// What stun.so of Kamailio 5.6.3 sends: UNKNOWN-ATTRIBUTES says 6 octets and has 2, and the length is no multiple of 4.
    @Test func kamailioRefusesInAMalformedMessage() {
        let captured = Hex.decode(
            Array(
                ("0111004e2112a442f4c31dd631627c90a49f5e6e0009001500000414556e6b6e6f776e204174747269627574650000"
                    + "00000a00067fff802200275365727665723a206b616d61696c696f2028352e362e3320287838365f36342f6c696e7578"
                    + "292900").utf8))
        let rig = conformance { request in
            guard !request.unknownRequired.isEmpty, var octets = captured else { return response(request) }
            octets.replaceSubrange(8..<20, with: request.bytes[8..<20])
            return octets
        }
        #expect(rig.verdict("OB-STUN-015") == "fail")
        #expect(rig.verdict("OB-STUN-020") == "warn")
        #expect(rig.verdict("OB-STUN-021") == "pass")
        #expect(rig.prober.observations.ended < Timestamp(seconds: 1), "it is not waited for once more")
    }

    @Test func statistics() {
        var summary = RTTSummary()
        #expect(summary.percentiles([50]).isEmpty)
        for value in 1...100 { summary.add(Int64(value) * 1000) }
        #expect((summary.minimum, summary.maximum, summary.average) == (1000, 100_000, 50_500))
        #expect(summary.percentiles([1, 50, 90, 99, 100]) == [1000, 50_000, 90_000, 99_000, 100_000])
        // The deviation of 1…n is the root of (n² − 1) / 12.
        #expect(summary.standardDeviation == 28_866)
        summary.add(-5)
        #expect(summary.minimum == 0)
    }
}
