import Testing

@testable import OutboundKit

/// Any request gets an answer, the count of bindings is right, and no answer holds a line break of a phone's making.
@Suite struct RegistrarFuzzTests {
    static let pieces: [String] = [
        "\"", "<", ">", ";", ",", "*", "%", "@", "\n ", "\u{0}", "reg-id=1", ";expires=0", "urn:", ":", "tgruu.", ";gr",
        "Contact: *\n", "Path: <sip:x;ob>\n", "Require: a\n", "Expires: 0\n", "é", "99999999999999999999",
    ]

    @Test(arguments: [1, 2, 3, 4] as [UInt64]) func mutated(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var registrar = try Registrar.testing {
            $0.firstHop = seed % 2 == 0 ? .lax : .strict
            $0.path = seed % 3 == 0 ? .lazy : .strict
            $0.limits.bindingsPerAOR = 4
            $0.limits.addressesOfRecord = 3
        }
        var accepted = 0
        for number in 0..<400 {
            let user = ["alice", "bob", "carol", "dave"][Int.random(in: 0..<4, using: &random)]
            let base = TestRegister(flow(Int.random(in: 1...3, using: &random)), cseq: UInt32(number), user: user)
                .supporting("path, outbound, gruu")
            var octets = Array((Bool.random(using: &random) ? base.throughEdge : base).text.utf8)
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let place = Int.random(in: 0..<octets.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: octets[place] = UInt8.random(in: 0...255, using: &random)
                case 1: octets.remove(at: place)
                default: octets.insert(contentsOf: Array(Self.pieces.randomElement(using: &random)!.utf8), at: place)
                }
            }
            guard let request = try? parsed(wire(String(decoding: octets, as: UTF8.self))) else { continue }
            let now = noon + .seconds(number * 30)
            let answer = registrar.register(
                request, from: RegisterOrigin(flow: FlowID(UInt32(number % 5))), at: now)
            #expect((200...503).contains(answer.status))
            for field in answer.fields { #expect(field.value.utf8.allSatisfy { $0 != 10 && $0 != 13 && $0 != 0 }) }
            if answer.status == 200 { accepted += 1 }
            switch Int.random(in: 0..<6, using: &random) {
            case 0: registrar.undo(answer)
            case 1: _ = registrar.flowEnded(FlowID(UInt32.random(in: 0..<5, using: &random)))
            case 2: _ = registrar.expire(at: now)
            case 3: _ = registrar.bindings.first.map { registrar.remove($0, at: now) }
            default: break
            }
            #expect(registrar.bindings.count == registrar.bindingCount)
            for binding in registrar.bindings {
                #expect(AddressOfRecord(binding.aor.text) == binding.aor)
                #expect(RegisteredContact(stored: binding.contact.storedText)?.storedText == binding.contact.storedText)
                _ = registrar.locate(binding.contact.uri, at: now)
            }
        }
        #expect(accepted > 50)
        _ = registrar.expire(at: noon + .seconds(1_000_000))
        #expect(registrar.bindingCount == 0)
        #expect(registrar.deadline == nil)
    }
}
