import Testing

@testable import OutboundKit

/// The messages of RFC 5769 §2, octet for octet.
struct RFC5769Vector: CustomTestStringConvertible, Sendable {
    let section: String
    let hex: String
    let type: STUNMessageType
    let software: String?
    let xorMapped: String?
    let types: [UInt16]
    let fingerprint: STUNMessage.FingerprintCheck
    var testDescription: String { "RFC 5769 §\(section)" }
    var octets: [UInt8] { Hex.decode(Array(hex.utf8)) ?? [] }

    static let all = [
        RFC5769Vector(
            section: "2.1",
            hex: "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74"
                + "002400046e0001ff80290008932ff9b151263b36000600096576746a3a68367659202020"
                + "000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf",
            type: .bindingRequest, software: "STUN test client", xorMapped: nil,
            types: [0x8022, 0x0024, 0x8029, 0x0006, 0x0008, 0x8028], fingerprint: .valid),
        RFC5769Vector(
            section: "2.2",
            hex: "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220"
                + "002000080001a147e112a643000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7"
                + "80280004c07d4c96",
            type: .bindingSuccess, software: "test vector", xorMapped: "192.0.2.1:32853",
            types: [0x8022, 0x0020, 0x0008, 0x8028], fingerprint: .valid),
        RFC5769Vector(
            section: "2.3",
            hex: "010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220"
                + "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d900080014a382954e4be67bf1"
                + "1784c97c8292c275bfe3ed4180280004c8fb0b4c",
            type: .bindingSuccess, software: "test vector",
            xorMapped: "[2001:db8:1234:5678:11:2233:4455:6677]:32853",
            types: [0x8022, 0x0020, 0x0008, 0x8028], fingerprint: .valid),
        RFC5769Vector(
            section: "2.4",
            hex: "000100602112a44278ad3433c6ad72c029da412e00060012e3839ee38388e383aae38383e382afe382b90000"
                + "0015001c662f2f3439396b39353464364f4c33344f4c394653547679363473410014000b"
                + "6578616d706c652e6f72670000080014f67024656dd64a3e02b8e0712e85c9a28ca89666",
            type: .bindingRequest, software: nil, xorMapped: nil, types: [0x0006, 0x0015, 0x0014, 0x0008],
            fingerprint: .absent),
    ]
}

@Suite struct RFC5769Tests {
    @Test(arguments: RFC5769Vector.all)
    func reads(_ vector: RFC5769Vector) throws {
        let message = try STUN.parse(vector.octets)
        #expect(message.type == vector.type)
        #expect(message.hasCookie)
        #expect(message.attributes.map(\.type.rawValue) == vector.types)
        #expect(message.software == vector.software)
        #expect(message.xorMappedAddress?.description == vector.xorMapped)
        #expect(message.fingerprint == vector.fingerprint)
        #expect(STUN.isMessage(vector.octets))
    }

    @Test(arguments: RFC5769Vector.all)
    func factsAgree(_ vector: RFC5769Vector) throws {
        let facts = try #require(STUN.facts(vector.octets))
        let message = try STUN.parse(vector.octets)
        #expect(facts.mappedAddress?.description == vector.xorMapped)
        #expect(facts.messageClass == vector.type.messageClass)
        #expect(facts.method == 1)
        #expect(STUNTransactionID(high: facts.transactionHigh, low: facts.transactionLow) == message.transactionID)
        #expect(facts.flags.contains(.fingerprint) == (vector.fingerprint == .valid))
        #expect(facts.flags.isDisjoint(with: [.badFingerprint, .badLength, .cut, .unknownRequired]))
        #expect(facts.flags.contains(.software) == (vector.software != nil))
    }

    /// Written again from its parts it says the same; the RFC pads with blanks and we with zeros, so the CRC differs.
    @Test(arguments: RFC5769Vector.all.filter { $0.fingerprint == .valid })
    func fingerprintIsMade(_ vector: RFC5769Vector) throws {
        let message = try STUN.parse(vector.octets)
        var writer = STUNMessageWriter(message.type, message.transactionID)
        for attribute in message.attributes where attribute.type != .fingerprint {
            writer.append(attribute.type, message.bytes[attribute.value.range])
        }
        let written = writer.messageWithFingerprint()
        let again = try STUN.parse(written)
        #expect(again.fingerprint == .valid)
        #expect(again.attributes == message.attributes)
        #expect(again.xorMappedAddress == message.xorMappedAddress)
    }

    @Test(arguments: RFC5769Vector.all.filter { $0.fingerprint == .valid })
    func everyFlippedBitIsSeen(_ vector: RFC5769Vector) {
        for index in 20..<vector.octets.count {
            for bit in 0..<8 {
                var damaged = vector.octets
                damaged[index] ^= 1 << bit
                guard let message = try? STUN.parse(damaged) else { continue }
                #expect(message.fingerprint != .valid, "octet \(index), bit \(bit)")
            }
        }
    }
}
