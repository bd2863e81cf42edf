import Testing

@testable import OutboundKit

/// The fast way says what the thorough way says, and agrees with the codecs, token for token.
@Suite struct TokenLinesTests {
    private func mint(_ text: String, _ issuer: FlowTokenIssuer) -> String? {
        var lines = FlowTokenLines(keys: FlowTokenKeyRing([]))
        let octets = Array(text.utf8)
        guard lines.mint(octets.span.bytes, in: 0..<octets.count, by: issuer) else { return nil }
        return String(decoding: lines.output, as: UTF8.self)
    }

    @Test func mintsAsTheYardstick() throws {
        let issuer = try #require(FlowTokenIssuer(.flexisip, effectiveKey: Array("twenty bytes of key\0".utf8)))
        #expect(mint("udp 198.51.100.10:5060 10.0.0.1:4321", issuer) == "fk778eqKlF+usgHGM2QKE8QKAAABEOE=\n")
    }

    @Test(arguments: [
        "", "udp", "udp 1.2.3.4:5", "udp 1.2.3.4:5 6.7.8.9", "udp 1.2.3.4:5 6.7.8.9:70000", "xyz 1.2.3.4:5 6.7.8.9:1",
        "udp 1.2.3.256:5 6.7.8.9:1", "udp 1.2.3.4:5 6.7.8.9:1 x", "udp 1.2.3:5 6.7.8.9:1", "udp [::1]:5 6.7.8.9:1",
        "udp [::g]:5 [::1]:1", "udp1.2.3.4:5 6.7.8.9:1", "udp 1.2.3.4:5 6.7.8.9:-1", "udp [::1]5 [::1]:1",
        "ws 1.2.3.4:5 6.7.8.9:1",
    ])
    func refusesOtherLines(_ text: String) throws {
        let issuer = try #require(FlowTokenIssuer(.flexisip, effectiveKey: [1, 2, 3]))
        #expect(mint(text, issuer) == nil)
    }

    @Test func agreesWithTheCodecs() throws {
        var random = SeededGenerator(seed: 7)
        let key = Array("0123456789abcdefghij".utf8)
        for format in [FlowTokenFormat.kamailio, .flexisip, .rfc5626] {
            let issuer = try #require(FlowTokenIssuer(format, effectiveKey: key))
            for index in 0..<200 {
                let v6 = index % 3 == 0
                func end() -> TransportAddress {
                    let ip =
                        v6
                        ? IPAddress(v6High: random.next(), v6Low: random.next())
                        : IPAddress(v4: UInt32.random(in: 0 ... .max, using: &random))
                    return TransportAddress(ip: ip, port: UInt16.random(in: 0 ... .max, using: &random))
                }
                let transport = TransportProtocol.allCases[index % TransportProtocol.allCases.count]
                let flow = Flow(transport: transport, local: end(), remote: end())
                var text: [UInt8] = []
                let made = issuer.append(flow, to: &text)
                #expect(FlowTokenCodec.encode(flow, as: format, with: EffectiveKey(key)) == (made ? text : nil))
                if made { #expect(issuer.flow(of: text.span.bytes) == flow) }
                let line = "\(flow.transport) \(flow.local) \(flow.remote)"
                #expect(FlowTokenLines.flow(in: Array(line.utf8).span.bytes, 0..<line.utf8.count) == flow)
            }
        }
    }

    /// For every vector and some keys: where the fast way writes a line, it is the line of the thorough way.
    @Test func fastLinesAreTheThoroughOnes() {
        let secrets = ["johndoe-secret", "another, quite different secret", "s", "johndoessecretphrase"]
        let keys =
            secrets.map { FlowTokenKey(name: $0, octets: Array($0.utf8)) }
            + Set(FlowTokenVector.all.compactMap(\.keyHex)).sorted().compactMap { hex in
                Hex.decode(hex.utf8).map { FlowTokenKey(name: hex, octets: $0) }
            }
        let ring = FlowTokenKeyRing(keys)
        let examiner = FlowTokenExaminer(keys: ring)
        var written = 0
        for vector in FlowTokenVector.all {
            let octets = vector.octets
            var fast = FlowTokenLines(keys: ring)
            guard fast.verify(octets.span.bytes, in: 0..<octets.count) else { continue }
            var thorough = FlowTokenLines(keys: ring)
            thorough.append(examiner.examine(octets.span.bytes))
            written += 1
            #expect(
                String(decoding: fast.output, as: UTF8.self) == String(decoding: thorough.output, as: UTF8.self),
                "\(vector.id)")
        }
        #expect(written > 20)
    }

    @Test func oneSpellingPerToken() throws {
        let key = try MessageDigest.sha1.hash(Array("johndoe-secret".utf8))
        let issuer = try #require(FlowTokenIssuer(.kamailio, effectiveKey: key))
        func accepts(_ text: String) -> Bool { issuer.flow(of: Array(text.utf8).span.bytes) != nil }
        #expect(accepts("WSOG+p9htAMhqQF/AAABYeTAAAJNnEA="))
        for text in [
            "WSOG+p9htAMhqQF/AAABYeTAAAJNnEB=", "WSOG-p9htAMhqQF_AAABYeTAAAJNnEA=", "WSOG+p9htAMhqQF/AAABYeTAAAJNnEA",
            "WSOG+p9htAMhqQF/AAABYeTAAAJNnE==", "WSOG+p9htAMhqQF/AAABYeTAAAJNn=A=", "", "=",
        ] {
            #expect(!accepts(text), "\(text)")
        }
    }
}
