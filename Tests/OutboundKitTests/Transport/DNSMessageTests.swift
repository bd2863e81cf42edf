import Testing

@testable import OutboundKit

/// Builds DNS responses, good and bad.
struct DNSBuilder {
    private(set) var octets: [UInt8]
    private var answers: UInt16 = 0

    /// A response to one question, whose name stands at offset 12.
    init(question name: String = "example.test", flags: UInt16 = 0x8180) {
        octets = []
        octets.appendBig16(7)
        octets.appendBig16(flags)
        for count: UInt16 in [1, 0, 0, 0] { octets.appendBig16(count) }
        octets += Self.name(name)
        octets.appendBig16(33)
        octets.appendBig16(1)
    }

    static func name(_ text: String) -> [UInt8] {
        text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }

    mutating func record(_ type: UInt16, owner: [UInt8] = [0xC0, 12], _ data: [UInt8]) {
        octets += owner
        octets.appendBig16(type)
        octets.appendBig16(1)
        octets.appendBig32(60)
        octets.appendBig16(UInt16(data.count))
        octets += data
        answers += 1
        octets[6] = UInt8(answers >> 8)
        octets[7] = UInt8(answers & 255)
    }

    mutating func service(_ priority: UInt16, _ weight: UInt16, _ port: UInt16, _ target: String) {
        var data: [UInt8] = []
        for value in [priority, weight, port] { data.appendBig16(value) }
        record(33, data + Self.name(target))
    }

    mutating func pointer(_ order: UInt16, _ flags: String, _ service: String, _ target: String) {
        var data: [UInt8] = []
        for value in [order, 10] { data.appendBig16(value) }
        for text in [flags, service, ""] { data += [UInt8(text.utf8.count)] + Array(text.utf8) }
        record(35, data + Self.name(target))
    }

    static func parse(_ octets: [UInt8]) throws -> DNSMessage.Answer { try DNSMessage.parse(octets.span.bytes) }
}

@Suite struct DNSMessageTests {
    @Test func allTypes() throws {
        var builder = DNSBuilder()
        builder.service(10, 60, 5070, "host.example.test")
        builder.pointer(50, "s", "SIP+D2U", "_sip._udp.example.test")
        builder.record(1, [192, 0, 2, 1])
        builder.record(28, [UInt8](repeating: 0, count: 15) + [1])
        builder.record(5, [4, 0x68, 0x6F, 0x73, 0x74, 0xC0, 12])
        builder.record(16, [1, 0x78])
        let answer = try DNSBuilder.parse(builder.octets)
        #expect(!answer.isTruncated)
        #expect(
            answer.records == [
                .service(DNSService(priority: 10, weight: 60, port: 5070, target: "host.example.test")),
                .pointer(
                    DNSNamingPointer(
                        order: 50, preference: 10, flags: "s", service: "SIP+D2U", replacement: "_sip._udp.example.test"
                    )),
                .address(IPAddress(v4: 0xC000_0201)), .address(IPAddress(v6High: 0, v6Low: 1)),
                .alias("host.example.test"), .other(type: 16),
            ])
    }

    @Test func rootTarget() throws {
        var builder = DNSBuilder()
        builder.service(0, 0, 0, "")
        #expect(
            try DNSBuilder.parse(builder.octets).records == [
                .service(DNSService(priority: 0, weight: 0, port: 0, target: ""))
            ])
    }

    /// Cut anywhere: records before the cut, or an error; never more.
    @Test func cutAnywhere() throws {
        var builder = DNSBuilder()
        builder.service(1, 1, 5060, "a.example.test")
        builder.service(2, 1, 5060, "b.example.test")
        for count in 0..<builder.octets.count {
            if let answer = try? DNSBuilder.parse(Array(builder.octets[..<count])) {
                #expect(answer.isTruncated)
                #expect(answer.records.count < 2)
            }
        }
    }

    @Test func flippedAnywhere() {
        var builder = DNSBuilder()
        builder.service(1, 1, 5060, "a.example.test")
        builder.pointer(50, "s", "SIP+D2U", "_sip._udp.example.test")
        var random = SeededGenerator(seed: 1035)
        for _ in 0..<20_000 {
            var octets = builder.octets
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                octets[Int.random(in: 0..<octets.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if let answer = try? DNSBuilder.parse(octets) { #expect(answer.records.count <= DNSMessage.recordLimit) }
        }
    }

    @Test func pointersInCircles() {
        // To itself, forward, and two that point at each other.
        for owner: [UInt8] in [[0xC0, 30], [0xC0, 31], [0xC0, 32, 0xC0, 30]] {
            var builder = DNSBuilder()
            builder.record(1, owner: owner, [192, 0, 2, 1])
            #expect(throws: ParseError.self) { try DNSBuilder.parse(builder.octets) }
        }
    }

    @Test func refusals() throws {
        let query = DNSBuilder(flags: 0x0100)
        #expect(throws: ParseError.self) { try DNSBuilder.parse(query.octets) }
        var blank = DNSBuilder()
        blank.record(5, [3, 0x61, 0x20, 0x62, 0])
        #expect(throws: ParseError.self) { try DNSBuilder.parse(blank.octets) }
        var long = DNSBuilder()
        long.record(5, (0..<5).flatMap { _ in [63] + [UInt8](repeating: 0x61, count: 63) } + [0])
        #expect(throws: ParseError.self) { try DNSBuilder.parse(long.octets) }
        var many = DNSBuilder()
        for _ in 0...DNSMessage.recordLimit { many.record(1, [192, 0, 2, 1]) }
        #expect(throws: ParseError.self) { try DNSBuilder.parse(many.octets) }
        var wrongSize = DNSBuilder()
        wrongSize.record(1, [192, 0, 2])
        #expect(throws: ParseError.self) { try DNSBuilder.parse(wrongSize.octets) }
    }
}

@Suite struct DNSServiceOrderTests {
    private func service(_ priority: UInt16, _ weight: UInt16, _ target: String) -> DNSService {
        DNSService(priority: priority, weight: weight, port: 5060, target: target)
    }

    @Test func prioritiesFirst() {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<100 {
            let order = DNSServiceOrder.order(
                [service(20, 0, "c"), service(10, 1, "a"), service(10, 1000, "b"), service(30, 9, "d")], using: &random)
            #expect(order.map(\.priority) == [10, 10, 20, 30])
        }
    }

    /// Who comes first, by 10 000 draws, is in proportion to the weights; one of weight 0 hardly ever.
    @Test func weights() {
        var random = SeededGenerator(seed: 2782)
        let services = [service(1, 10, "a"), service(1, 30, "b"), service(1, 60, "c"), service(1, 0, "z")]
        var first: [String: Int] = [:]
        for _ in 0..<10_000 {
            let order = DNSServiceOrder.order(services, using: &random)
            #expect(order.count == 4)
            first[order[0].target, default: 0] += 1
        }
        #expect((900...1100).contains(first["a"] ?? 0))
        #expect((2800...3200).contains(first["b"] ?? 0))
        #expect((5700...6200).contains(first["c"] ?? 0))
        #expect((1...200).contains(first["z"] ?? 0))
    }

    @Test func onlyZeroWeights() {
        var random = SeededGenerator(seed: 3)
        let order = DNSServiceOrder.order([service(1, 0, "a"), service(1, 0, "b")], using: &random)
        #expect(Set(order.map(\.target)) == ["a", "b"])
        #expect(DNSServiceOrder.order([], using: &random).isEmpty)
    }
}
