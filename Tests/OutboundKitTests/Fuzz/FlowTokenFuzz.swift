#if canImport(OutboundKit)
    @testable import OutboundKit
#endif

/// The entry point that fuzzing drives: any octets as an input of the finder, as a user part, and as a token of every
/// format. Whatever is read must print, verify and list without a trap.
enum FlowTokenFuzz {
    /// - Returns: how many tokens were read, so that the work cannot be optimised away.
    @discardableResult
    static func run(_ input: RawSpan) -> Int {
        var read = 0
        let key = FlowTokenKey(name: "fuzz", octets: [1, 2, 3])
        let examiner = FlowTokenExaminer(keys: FlowTokenKeyRing([key]))
        let source = TransportAddress(ip: IPAddress(v4: 0xC000_0201), port: 5060)
        func examine(_ text: RawSpan, _ context: TokenContext) {
            let result = examiner.examine(text, context: context)
            _ = FlowTokenDirection(of: result, from: source).explanation
            guard let token = result.token else { return }
            read += 1
            check(token)
        }
        for found in TokenFinder.find(input) { examine(input.extracting(found.user.range), found.context) }
        examine(input, .bare)
        let effective = EffectiveKey([1, 2, 3])
        for format in FlowTokenFormat.allCases {
            guard let token = try? FlowTokenCodec.decode(input, as: format) else { continue }
            read += 1
            check(token)
            _ = FlowTokenCodec.verify(token, with: effective)
        }
        var lines = FlowTokenLines(keys: FlowTokenKeyRing([key]))
        lines.verify(input, in: 0..<input.byteCount)
        if let flow = FlowTokenLines.flow(in: input, 0..<input.byteCount) { read += flow.description.utf8.count }
        return read
    }

    private static func check(_ token: FlowToken) {
        var place = 0
        for field in FlowTokenCodec.layout(of: token) {
            precondition(field.range.lowerBound == place, "a gap in the layout")
            place = field.range.upperBound
        }
        precondition(place == token.octets.count, "octets beyond the layout")
    }
}
