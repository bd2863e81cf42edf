import Testing

@testable import OutboundKit

@Suite struct TokenExaminerTests {
    static let secret = Array("johndoe-secret".utf8)
    static let good = "WSOG+p9htAMhqQF/AAABYeTAAAJNnEA="

    @Test func theTokenOfTheIgnoredSecret() {
        let result = FlowTokenExaminer([("edge", Self.secret)]).examine("KKfSaKO7yjOvBwF/AAABOtR/AAABqmo=")
        #expect(result.format == .kamailio)
        #expect(result.authenticated == false)
        #expect(result.key == "SHA1(\"\")")
        #expect(result.weaknesses == [.secretIgnored])
        #expect(result.token?.remote?.description == "127.0.0.1:43626")
    }

    @Test func aPublicKeyGivenAsAKeyIsStillPublic() throws {
        let empty = try MessageDigest.sha1.hash([UInt8]())
        let result = FlowTokenExaminer([("edge", empty)]).examine("KKfSaKO7yjOvBwF/AAABOtR/AAABqmo=")
        #expect(result.authenticated == false)
        #expect(result.weaknesses.contains(.secretIgnored))
        #expect(result.error?.contains("under the key given, and everybody knows") == true)
        let other = FlowTokenExaminer([("edge", Self.secret)]).examine("KKfSaKO7yjOvBwF/AAABOtR/AAABqmo=")
        #expect(other.error?.contains("under none of the keys given") == true)
    }

    @Test func namesTheKeyThatFits() {
        let keys = [("new", Array("another secret of length".utf8)), ("old", Self.secret)]
        let result = FlowTokenExaminer(keys).examine(Self.good)
        #expect(result.authenticated == true)
        #expect(result.key == "old")
        #expect(result.derivation == .sha1OfSecret)
        #expect(result.candidates.map(\.format) == [.kamailio])
    }

    /// (text, damage, whether Kamailio still takes it).
    @Test(arguments: [
        ("WSOG+p9htAMhqQF/AAABYeTAAAJNnEA", TokenDamage.padLost, false),
        ("WSOG+p9htAMhqQF/AAABYeTAAAJNnEA%3D", .percentEncoded, false),
        ("WSOG%2Bp9htAMhqQF%2FAAABYeTAAAJNnEA=", .percentEncoded, false),
        ("WSOG-p9htAMhqQF_AAABYeTAAAJNnEA=", .otherAlphabet, false),
        ("WSOG+p9htAMhqQF/AAABYeTAAAJNnEA==", .wrongPad, false),
        ("WSOG+p9htAMhqQF/AAABYeTAAAJNnEB=", .notCanonical, true),
    ])
    func damage(_ row: (text: String, damage: TokenDamage, taken: Bool)) {
        let result = FlowTokenExaminer([("edge", Self.secret)]).examine(row.text)
        #expect(result.format == .kamailio)
        #expect(result.damage.contains(row.damage))
        #expect(result.authenticated == row.taken)
        #expect(result.key == "edge")
        #expect((result.error == nil) == row.taken)
        #expect(result.isViolation == !row.taken)
    }

    @Test func caseFolded() {
        for text in [Self.good.lowercased(), Self.good.uppercased()] {
            let result = FlowTokenExaminer([("edge", Self.secret)]).examine(text)
            #expect(result.damage.contains(.caseFolded))
            #expect(result.authenticated != true)
            #expect(result.isViolation)
        }
    }

    @Test func truncated() {
        let context = TokenContext(host: "127.0.0.1", port: 25060, parameters: [])
        let result = FlowTokenExaminer([]).examine(String(Self.good.prefix(28)), context: context)
        #expect(result.format == nil)
        #expect(result.damage == [.truncated])
        #expect(FlowTokenExaminer([]).examine(String(Self.good.prefix(28))).damage.isEmpty)
    }

    @Test func everyBitOfATokenCounts() throws {
        let octets = try #require(Base64.decode(Self.good.utf8)).octets
        let examiner = FlowTokenExaminer([("edge", Self.secret)])
        for bit in 0..<(octets.count * 8) {
            var changed = octets
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(examiner.examine(Base64.encode(changed)).authenticated != true, "bit \(bit)")
        }
    }

    @Test func theKeyNeverShows() {
        let key = FlowTokenKey(name: "edge", octets: Self.secret)
        #expect(!"\(key) \(String(reflecting: key))".contains("johndoe"))
    }

    @Test(arguments: [
        ("127.0.0.1:9", FlowTokenDirection.Way.incoming, FlowTokenDirection.Answer.route),
        ("192.0.2.77:40000", .outgoing, .route), ("192.0.2.77:40001", .incoming, .route),
    ])
    func direction(_ row: (from: String, way: FlowTokenDirection.Way, answer: FlowTokenDirection.Answer)) throws {
        let source = try #require(TransportAddress(row.from))
        let genuine = FlowTokenExaminer([("edge", Self.secret)]).examine(Self.good)
        let direction = FlowTokenDirection(of: genuine, from: source)
        #expect(direction.way == row.way)
        #expect(direction.answer == row.answer)
        #expect(direction.senderMayHaveMoved == (row.from == "192.0.2.77:40001"))
        let forged = FlowTokenExaminer([("edge", Array("wrong".utf8))]).examine(Self.good)
        #expect(FlowTokenDirection(of: forged, from: source).answer == .forbidden)
        let padless = FlowTokenExaminer([("edge", Self.secret)]).examine(String(Self.good.dropLast()))
        #expect(FlowTokenDirection(of: padless, from: source).answer == .ordinaryRoute)
    }

    /// Everything that can be made is read back as what was made, and holds.
    @Test(arguments: FlowTokenFormat.allCases) func roundTrip(_ format: FlowTokenFormat) throws {
        let key = Array("0123456789abcdefghij".utf8)
        let ends = [("198.51.100.10:5060", "203.0.113.7:4321"), ("[2001:db8::1]:5060", "[2001:db8::7]:49152")]
        for transport in TransportProtocol.allCases {
            for (local, remote) in ends {
                let flow = Flow(
                    transport: transport, local: try #require(TransportAddress(local)),
                    remote: try #require(TransportAddress(remote)))
                guard let text = FlowTokenCodec.encode(flow, as: format, with: EffectiveKey(key)) else { continue }
                let token = try FlowTokenCodec.decode(text.span.bytes, as: format)
                let detected = TokenDetector.candidates(text.span.bytes)
                #expect(detected.contains { $0.format == format } || format == .rfc5626)
                if token.flow != nil { #expect(token.flow == flow) }
                if let found = token.remote { #expect(found == flow.remote) }
                let verdict = FlowTokenCodec.verify(token, with: EffectiveKey(key), flow: flow)
                let unreadable = format == .restcomm && RestCommToken.isUnreadable(token)
                #expect(verdict == (FlowTokenFacts.of(format)?.checkedWith == nil ? nil : !unreadable))
                if verdict != nil {
                    #expect(FlowTokenCodec.verify(token, with: EffectiveKey([1]), flow: flow) == false)
                }
            }
        }
    }

    @Test func factsCoverEveryFormat() {
        #expect(FlowTokenFacts.table.map(\.format) == FlowTokenFormat.allCases)
        #expect(FlowTokenFacts.table.allSatisfy { 1...8 ~= $0.rank })
    }
}
