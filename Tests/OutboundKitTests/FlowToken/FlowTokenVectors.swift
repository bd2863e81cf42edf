import Foundation
import Testing

@testable import OutboundKit

/// The vectors of `Fixtures/Vectors/FlowTokens`: tokens of real issuers, tokens judged by them, and texts that are none.
struct FlowTokenVector: Decodable, Sendable, CustomTestStringConvertible {
    let id: String
    let format: String
    let token: String
    let valid: Bool?
    let secret: String?
    let keyHex: String?
    let header: String?
    let decodable: Bool
    let transport: String?
    let local: String?
    let remote: String?
    let detect: [[String]]
    let weakness: String?
    let flowKey: UInt32?
    let transportKey: UInt32?
    let netns: UInt32?
    let layout: String?
    let endian: String?
    let onlyExisting: Bool?
    let handle: String?
    let erlangPid: String?
    let connId: String?
    let macLen: Int?
    let proxy: String?
    let charset: String?

    var testDescription: String { "\(id) \(format)" }

    var octets: [UInt8] { Array(token.utf8) }
    var key: [UInt8]? { keyHex.flatMap { Hex.decode($0.utf8) } }

    /// The flow that a `sipplane` vector is tested against, as `transport,local,remote`; others need none.
    var testedFlow: Flow? {
        guard format == "sipplane" else { return nil }
        let port: UInt16 = valid == true ? 51544 : 51545
        return Flow(
            transport: .tcp, local: TransportAddress("192.0.2.1:5060")!,
            remote: TransportAddress("198.51.100.20:\(port)")!)
    }

    private struct Document: Decodable {
        let vectors: [FlowTokenVector]
    }

    static let all: [FlowTokenVector] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Fixtures/Vectors/FlowTokens/flow-token-vectors.json")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try! decoder.decode(Document.self, from: Data(contentsOf: file)).vectors
    }()
}

extension FlowTokenExaminer {
    /// For tests: keys as (name, octets).
    convenience init(_ keys: [(String, [UInt8])], flow: Flow? = nil) {
        self.init(keys: FlowTokenKeyRing(keys.map { FlowTokenKey(name: $0.0, octets: $0.1) }), flow: flow)
    }

    func examine(_ text: String, context: TokenContext = .bare) -> TokenAssessment {
        let octets = Array(text.utf8)
        return examine(octets.span.bytes, context: context)
    }
}
