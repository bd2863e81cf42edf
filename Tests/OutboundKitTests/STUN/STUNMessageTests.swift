import Testing

@testable import OutboundKit

@Suite struct STUNMessageTests {
    /// What ordinary keep-alives are told by at once says the same of them as the walk over their attributes, which those
    /// that the capture cut always take.
    @Test(arguments: [0x0001, 0x0101] as [UInt16]) func shortWayAgreesWithTheWalk(_ type: UInt16) {
        for attribute in [0x0020, 0x8022, 0x0001, 0x8028, 0x0009] as [UInt16] {
            for announced in 0...25 {
                for body in 0...30 {
                    var octets: [UInt8] = []
                    octets.appendBig16(type)
                    octets.appendBig16(UInt16(body))
                    octets.appendBig32(STUNMessage.cookie)
                    octets.append(contentsOf: (1...12).map { UInt8($0) })
                    var value: [UInt8] = []
                    value.appendBig16(attribute)
                    value.appendBig16(UInt16(announced))
                    value.append(contentsOf: [0, announced > 8 ? 2 : 1])
                    value.append(contentsOf: (0..<40).map { UInt8($0) })
                    octets.append(contentsOf: value.prefix(body))
                    #expect(
                        STUN.facts(octets) == STUN.facts(octets, isCut: true),
                        "attribute \(attribute) of \(announced) octets in \(body)")
                }
            }
        }
    }

    private let id = STUNTransactionID(high: 0x0102_0304, low: 0x0506_0708_090A_0B0C)

    private func octets(_ hex: String) -> [UInt8] { Hex.decode(Array(hex.utf8)) ?? [] }

    @Test func messageTypesWeave() {
        #expect(STUNMessageType.bindingRequest.rawValue == 0x0001)
        #expect(STUNMessageType.bindingIndication.rawValue == 0x0011)
        #expect(STUNMessageType.bindingSuccess.rawValue == 0x0101)
        #expect(STUNMessageType.bindingError.rawValue == 0x0111)
        for raw in UInt16(0)..<0x4000 { #expect(STUNMessageType(rawValue: raw).rawValue == raw) }
    }

    @Test(arguments: ["192.0.2.1:32853", "[2001:db8::1]:5060", "0.0.0.0:0", "255.255.255.255:65535", "[::]:0"])
    func addressesRoundTrip(_ text: String) throws {
        let address = try #require(TransportAddress(text))
        var writer = STUNMessageWriter(.bindingSuccess, id)
        writer.append(xorMappedAddress: address)
        writer.append(.mappedAddress, plain: address)
        writer.append(.alternateServer, plain: address)
        let message = try STUN.parse(writer.message)
        #expect(message.xorMappedAddress == address)
        #expect(message.plainMappedAddress == address)
        #expect(message.alternateServer == address)
        #expect(message.fingerprint == .absent)
    }

    @Test func errorResponse() throws {
        var writer = STUNMessageWriter(.bindingError, id)
        writer.append(errorCode: STUNErrorCode(code: 420, reason: "Unknown Attribute"))
        writer.append(unknownAttributes: [STUNAttributeType(rawValue: 0x7FFF), STUNAttributeType(rawValue: 0x0042)])
        writer.append(software: "edge")
        let octets = writer.messageWithFingerprint()
        let message = try STUN.parse(octets)
        #expect(message.errorCode == STUNErrorCode(code: 420, reason: "Unknown Attribute"))
        #expect(message.unknownAttributes?.map(\.rawValue) == [0x7FFF, 0x0042])
        #expect(message.software == "edge")
        #expect(message.fingerprint == .valid)
        let facts = try #require(STUN.facts(octets))
        #expect(facts.errorCode == 420)
        #expect(facts.flags == [.cookie, .errorCode, .unknownAttributes, .software, .fingerprint, .required])
    }

    struct Row: CustomTestStringConvertible, Sendable {
        let name: String
        let hex: String
        let code: ParseError.Code
        let offset: Int
        var testDescription: String { name }
    }

    @Test(arguments: [
        Row(name: "nothing", hex: "", code: .truncated, offset: 0),
        Row(name: "19 octets", hex: "000100002112a4420102030405060708090a0b", code: .truncated, offset: 19),
        Row(name: "top bits", hex: "400100002112a4420102030405060708090a0b0c", code: .unexpected, offset: 0),
        Row(name: "length of 2", hex: "000100022112a4420102030405060708090a0b0c0000", code: .outOfRange, offset: 2),
        Row(name: "cut", hex: "000100042112a4420102030405060708090a0b0c", code: .truncated, offset: 20),
        Row(name: "more", hex: "000100002112a4420102030405060708090a0b0c00", code: .trailing, offset: 20),
        Row(
            name: "other method without cookie", hex: "000300002112a4430102030405060708090a0b0c", code: .unexpected,
            offset: 4),
        Row(
            name: "attribute beyond the end", hex: "000100042112a4420102030405060708090a0b0c80220001", code: .truncated,
            offset: 22),
    ])
    func refuses(_ row: Row) throws {
        do {
            _ = try STUN.parse(octets(row.hex))
            Issue.record("accepted")
        } catch let error as ParseError {
            #expect(error.code == row.code)
            #expect(error.offset == row.offset)
        }
    }

    @Test func manyAttributesAreBounded() {
        var writer = STUNMessageWriter(.bindingRequest, id)
        for _ in 0...STUNMessage.attributeLimit { writer.append(.username, []) }
        #expect(throws: ParseError(.limit, at: 20 + 4 * STUNMessage.attributeLimit, in: "STUN attributes")) {
            try STUN.parse(writer.message)
        }
    }

    @Test func cookieless() throws {
        var writer = STUNMessageWriter(.bindingSuccess, id, cookie: 0xDEAD_BEEF)
        let address = try #require(TransportAddress("192.0.2.7:4000"))
        writer.append(.mappedAddress, plain: address)
        let message = try STUN.parse(writer.message)
        #expect(!message.hasCookie)
        #expect(message.plainMappedAddress == address)
        #expect(!STUN.isMessage(writer.message))
        let facts = try #require(STUN.facts(writer.message))
        #expect(facts.flags == [.plainMapped, .required])
        #expect(facts.mappedAddress == address)
        #expect(STUN.facts(writer.message, isCut: true) == nil)
    }

    /// RFC 8489 §14.5: what follows MESSAGE-INTEGRITY is ignored; §14: only the first of a repeated attribute counts.
    @Test func attributesThatDoNotCount() throws {
        let real = try #require(TransportAddress("192.0.2.7:4000"))
        let other = try #require(TransportAddress("192.0.2.9:9"))
        var writer = STUNMessageWriter(.bindingSuccess, id)
        writer.append(.messageIntegrity, [UInt8](repeating: 1, count: 20))
        writer.append(xorMappedAddress: other)
        #expect(try STUN.parse(writer.message).xorMappedAddress == nil)
        #expect(STUN.facts(writer.message)?.mappedAddress == nil)
        writer = STUNMessageWriter(.bindingSuccess, id)
        writer.append(STUNAttributeType(rawValue: 0xC0DE), [1, 2, 3])
        writer.append(xorMappedAddress: real)
        writer.append(xorMappedAddress: other)
        #expect(try STUN.parse(writer.message).xorMappedAddress == real)
        #expect(STUN.facts(writer.message)?.mappedAddress == real)
    }

    @Test func factsOfDamagedMessages() throws {
        let vector = RFC5769Vector.all[1].octets
        let cut = try #require(STUN.facts(Array(vector[..<44]), isCut: true))
        #expect(cut.flags == [.cookie, .software, .cut])
        let short = try #require(STUN.facts(Array(vector[..<44])))
        #expect(short.flags.contains(.badLength))
        let long = try #require(STUN.facts((vector + [0])))
        #expect(long.flags.contains(.badLength))
        #expect(long.mappedAddress?.description == "192.0.2.1:32853")
        var wrongCRC = vector
        wrongCRC[wrongCRC.count - 1] ^= 1
        let wrong = try #require(STUN.facts(wrongCRC))
        #expect(wrong.flags.isSuperset(of: [.fingerprint, .badFingerprint]))
        #expect(STUN.facts(Array(vector[..<19]), isCut: true) == nil)
        #expect(STUN.facts(Array("OPTIONS sip:a@example.com SIP/2.0\r\n\r\n".utf8)) == nil)
    }

    /// Any octets in, a value or an error out; whatever parses is seen by the quick reader in the same way.
    @Test func anyOctets() throws {
        var generator = SeededGenerator(seed: 5769)
        let seeds = RFC5769Vector.all.map(\.octets)
        for round in 0..<20_000 {
            var octets = seeds[Int.random(in: 0..<seeds.count, using: &generator)]
            for _ in 0..<Int.random(in: 0...6, using: &generator) {
                octets[Int.random(in: 0..<octets.count, using: &generator)] = UInt8.random(
                    in: 0...255, using: &generator)
            }
            if round % 3 == 0 { octets.removeLast(Int.random(in: 0..<octets.count, using: &generator)) }
            if round % 7 == 0 { octets.append(contentsOf: [0, 0, 0, UInt8.random(in: 0...9, using: &generator)]) }
            let facts = STUN.facts(octets)
            _ = STUN.facts(octets, isCut: true)
            guard let message = try? STUN.parse(octets) else { continue }
            let seen = try #require(facts, "round \(round)")
            #expect(seen.mappedAddress == (message.xorMappedAddress ?? message.plainMappedAddress), "round \(round)")
            #expect(seen.errorCode == message.errorCode?.code ?? 0, "round \(round)")
            #expect(seen.flags.contains(.badFingerprint) == (message.fingerprint == .invalid), "round \(round)")
            #expect(seen.flags.contains(.unknownRequired) == !message.unknownRequired.isEmpty, "round \(round)")
            _ = (message.software, message.unknownAttributes, message.alternateServer, "\(message.attributes)")
        }
    }
}
