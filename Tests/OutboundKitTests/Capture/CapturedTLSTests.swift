import Foundation
import Testing

@testable import OutboundKit

/// TLS in captures: real connections of OpenSSL with every kind of cipher, and what is said where octets are missing.
@Suite struct CapturedTLSTests {
    typealias Row = TLSPeers.Row

    static let rows: [Row] = [
        Row(name: "TLS 1.3 AES-128-GCM", client: "-tls1_3 -ciphersuites TLS_AES_128_GCM_SHA256", step: "update"),
        Row(name: "TLS 1.3 AES-256-GCM", client: "-tls1_3 -ciphersuites TLS_AES_256_GCM_SHA384", step: "update"),
        Row(
            name: "TLS 1.3 ChaCha20", client: "-tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256", step: "update"),
        Row(name: "TLS 1.3 large", client: "-tls1_3", step: "large"),
        Row(name: "TLS 1.3 HelloRetryRequest", server: "-groups P-256", client: "-groups X25519:P-256"),
        Row(name: "TLS 1.3 resumption", client: "-tls1_3", step: "resume"),
        Row(name: "TLS 1.3 early data", server: "-early_data", client: "-tls1_3", step: "early"),
        Row(name: "TLS 1.2 AES-128-GCM", client: "-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256", step: "large"),
        Row(name: "TLS 1.2 AES-256-GCM", client: "-tls1_2 -cipher AES256-GCM-SHA384"),
        Row(name: "TLS 1.2 ChaCha20", client: "-tls1_2 -cipher ECDHE-RSA-CHACHA20-POLY1305"),
        Row(name: "TLS 1.2 CBC SHA", client: "-tls1_2 -cipher ECDHE-RSA-AES128-SHA"),
        Row(name: "TLS 1.2 CBC SHA256", client: "-tls1_2 -cipher ECDHE-RSA-AES128-SHA256", step: "large"),
        Row(name: "TLS 1.2 CBC SHA384", client: "-tls1_2 -cipher ECDHE-RSA-AES256-SHA384"),
        Row(name: "TLS 1.2 CBC SHA, MAC first", client: "-no_etm -tls1_2 -cipher AES256-SHA"),
        Row(name: "TLS 1.2 CBC SHA256, MAC first", client: "-no_etm -tls1_2 -cipher AES256-SHA256"),
        Row(name: "TLS 1.2 CBC SHA384, MAC first", client: "-no_etm -tls1_2 -cipher ECDHE-RSA-AES256-SHA384"),
        Row(name: "TLS 1.2 ticket", client: "-tls1_2", step: "resume"),
        Row(name: "TLS 1.2 session id", server: "-no_ticket", client: "-tls1_2", step: "resume"),
        Row(
            name: "TLS 1.2 renegotiation", server: "-client_renegotiation", client: "-tls1_2", step: "renegotiate"),
    ]

    static func expected(_ row: Row) -> [String] {
        var words = [
            "f1 C open tls 192.0.2.10:40000 192.0.2.1:5060 handshake", "f1 C sip OPTIONS", "f1 S sip 200",
            "f1 C crlf own", "f1 C crlf pair own", "f1 S crlf own",
        ]
        switch row.step {
        case "update": words += ["f1 C crlf own", "f1 S crlf pair own", "f1 C crlf pair own"]
        case "renegotiate": words += ["f1 C crlf own", "f1 C crlf pair own", "f1 S crlf pair own"]
        case "large": words += ["f1 C sip MESSAGE"]
        default: break
        }
        return words + ["f1 C close fin", "f1 S close fin", "f1 end"]
    }

    static func words(
        _ capture: [UInt8], _ secrets: TLSSecretStore?
    ) -> (words: [String], notAnalyzed: [NotAnalyzed], statistics: CaptureStatistics) {
        var pipeline = CapturePipeline(sink: EventLog(), secrets: secrets)
        #expect(pipeline.feedAll([capture]) == nil)
        pipeline.finish()
        #expect(pipeline.layers.isEmpty)
        return (pipeline.sink.words, pipeline.notAnalyzed, pipeline.statistics)
    }

    /// One run of the programs serves all that is asked of it: they take a second each.
    @Test(.enabled(if: TLSPeers.isInstalled, "python3 or openssl is not installed"))
    func realConnections() throws {
        let peers = try TLSPeers(Self.rows)
        defer { peers.remove() }
        var secrets = TLSSecretStore()
        try secrets.read(path: peers.keys)
        #expect(secrets.skippedLines == 0)
        var marked = TLSSecretStore()
        marked.take(Array([0xEF, 0xBB, 0xBF] + "# made by an editor\n".utf8).span.bytes)
        #expect(marked.skippedLines == 0)
        #expect(secrets.count >= peers.connections.count)
        for row in Self.rows {
            let found = peers.connections.filter { $0.name == row.name }
            #expect(found.count == (row.step == "resume" || row.step == "early" ? 2 : 1), "\(row.name)")
            for (number, connection) in found.enumerated() {
                let label = "\(row.name), connection \(number + 1)"
                check(connection, row, secrets, label, isEarly: row.step == "early" && number == 1)
                if row.step != "large" { checkLosses(connection, row, secrets, label) }
            }
        }
        if TShark.program != nil { try checkTShark(peers) }
    }

    private func check(
        _ connection: TLSPeers.Connection, _ row: Row, _ secrets: TLSSecretStore, _ label: String, isEarly: Bool
    ) {
        let expected = Self.expected(row)
        let capture = TLSPeers.capture(connection)
        let whole = Self.words(capture, secrets)
        #expect(whole.words == expected, "\(label)")
        #expect(whole.statistics.decryptedConnections == 1, "\(label)")
        #expect(whole.notAnalyzed.map(\.what) == (isEarly ? ["early TLS records"] : []), "\(label)")
        let step = row.step == "large" ? 700 : 7
        #expect(Self.words(TLSPeers.capture(connection, step: step), secrets).words == expected, "\(label) in pieces")
        #expect(Self.words(capture, nil).words.prefix(2) == [expected[0], "f1 C encrypted"])
    }

    /// Whatever piece is missing, what is told is a part of the whole, and says that something is missing.
    private func checkLosses(
        _ connection: TLSPeers.Connection, _ row: Row, _ secrets: TLSSecretStore, _ label: String
    ) {
        let expected = Set(Self.expected(row))
        for (number, piece) in connection.pieces.enumerated() where !piece.octets.isEmpty {
            let seen = Self.words(TLSPeers.capture(connection, lost: number), secrets).words
            for word in seen where !expected.contains(word) {
                let isAllowed =
                    word.contains(" gap ") || word.contains("encrypted") || word.contains("crlf")
                #expect(isAllowed, "\(label), piece \(number): \(word)")
            }
            let isApplication = piece.octets[0] == 23 && piece.fromClient && number > 6
            if isApplication, seen.count > 2 {
                #expect(seen.contains { $0.contains("gap") }, "\(label), piece \(number)")
            }
        }
        // The first thing that the client says under TLS 1.2: its number is lost, and the next one is found.
        guard row.name.hasPrefix("TLS 1.2"), row.step.isEmpty else { return }
        let first = connection.pieces.firstIndex { $0.fromClient && $0.octets.first == 23 }
        let seen = Self.words(TLSPeers.capture(connection, lost: first), secrets).words
        #expect(
            seen.filter { $0.hasPrefix("f1 C") }.map { $0.replacing(/gap [0-9]+/, with: "gap") } == [
                "f1 C open tls 192.0.2.10:40000 192.0.2.1:5060 handshake", "f1 C gap", "f1 C crlf own",
                "f1 C crlf pair own", "f1 C close fin",
            ], "\(label)")
    }

    /// A second opinion: what tshark decrypts of each connection, all of them in one capture.
    private func checkTShark(_ peers: TLSPeers) throws {
        let connections = peers.connections.filter { !$0.name.contains("early") }
        var octets: [UInt8] = []
        for (number, connection) in connections.enumerated() {
            let capture = TLSPeers.capture(connection, clientPort: UInt16(40_000 + number))
            octets += octets.isEmpty ? capture : Array(capture.dropFirst(24))
        }
        let file = peers.folder.appending(path: "all.pcap")
        try Data(octets).write(to: file)
        let process = Process()
        process.executableURL = URL(filePath: try #require(TShark.program))
        process.arguments = [
            "-n", "-r", file.path(percentEncoded: false), "-o", "tls.keylog_file:\(peers.keys)", "-d",
            "tcp.port==5060,tls", "-d", "tls.port==5060,data", "-T", "fields", "-e", "tcp.stream", "-e", "data.data",
            "-Y", "data", "-E", "aggregator=,",
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        var theirs = [String](repeating: "", count: connections.count)
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: "\t")
            guard fields.count == 2, let stream = Int(fields[0]) else { continue }
            theirs[stream] += fields[1].filter { $0 != "," }
        }
        var secrets = TLSSecretStore()
        try secrets.read(path: peers.keys)
        for (number, connection) in connections.enumerated() {
            #expect(theirs[number] == Hex.encode(try Self.plaintext(connection, secrets)), "\(connection.name)")
        }
    }

    /// All that both ends say, as it came.
    private static func plaintext(_ connection: TLSPeers.Connection, _ secrets: TLSSecretStore) throws -> [UInt8] {
        var decryptor = TLSDecryptor(limits: CaptureLimits())
        let opener = try RecordOpener()
        var octets: [UInt8] = []
        for piece in connection.pieces {
            let outputs = decryptor.receive(
                piece.octets.span.bytes, fromClient: piece.fromClient, secrets: secrets, using: opener)
            for case .plaintext(let text, _) in outputs { octets += text }
        }
        return octets
    }

    /// Beyond the limit connections stay unread, and that is said.
    @Test func connectionsAreBounded() throws {
        var limits = CaptureLimits()
        limits.layeredFlows = 0
        var pipeline = CapturePipeline(sink: EventLog(), limits: limits)
        #expect(pipeline.feedAll([try VectorFiles.bytes("Captures/bs_tls_ft15_keys_in_file.pcapng")]) == nil)
        pipeline.finish()
        #expect(pipeline.notAnalyzed.map(\.what) == ["TLS and WebSocket connections"])
        #expect(pipeline.sink.words.contains { $0.contains("encrypted") })
    }

    // MARK: Key logs and blocks of secrets

    @Test func keyLogs() {
        let random = String(repeating: "ab", count: 32)
        let secret = String(repeating: "cd", count: 48)
        let lines = [
            "# a comment", "", "CLIENT_RANDOM \(random) \(secret)\r", "SERVER_TRAFFIC_SECRET_0 \(random) \(secret)",
            "EXPORTER_SECRET \(random) \(secret)", "RSA 0011223344556677 \(secret)",
            // None of these is one.
            "CLIENT_RANDOM \(random)", "CLIENT_RANDOM \(random) \(secret)0", "CLIENT_RANDOM \(random) abcd",
            "CLIENT_RANDOM abcd \(secret)", "nonsense", String(repeating: "x", count: 5000), "\u{0}\u{1}",
        ]
        var store = TLSSecretStore()
        store.take(Array(lines.joined(separator: "\n").utf8).span.bytes)
        store.endOfLog()
        #expect(store.count == 1)
        #expect(store.skippedLines == 7)
        #expect(store.notAnalyzed.map(\.count) == [7])

        var limits = CaptureLimits()
        limits.keyLogConnections = 1
        var small = TLSSecretStore(limits: limits)
        let other = String(repeating: "ef", count: 32)
        small.take(Array("CLIENT_RANDOM \(random) \(secret)\nCLIENT_RANDOM \(other) \(secret)\n".utf8).span.bytes)
        #expect(small.count == 1)
        #expect(small.linesBeyond == 1)
        #expect(small.notAnalyzed.map(\.what) == ["lines of key logs"])
    }

    /// Secrets of other kinds, and cut ones, are counted and do no harm.
    @Test(
        arguments: [[], [1, 2, 3, 4], [0x4B, 0x53, 0x4C, 0x54, 0xFF, 0, 0, 0, 0x41, 0x41, 0x41, 0x41]] as [[UInt8]])
    func blocksOfSecrets(_ body: [UInt8]) throws {
        let whole = try VectorFiles.bytes("Captures/bs_tls_ft15_keys_in_file.pcapng")
        let header = CaptureBuilder.littleEndian([0x0A0D_0D0A, 28, 0x1A2B_3C4D, 1, .max, .max, 28])
        let length = UInt32(12 + body.count)
        let block = CaptureBuilder.littleEndian([10, length]) + body + CaptureBuilder.littleEndian([length])
        var pipeline = CapturePipeline(sink: EventLog())
        #expect(pipeline.feedAll([header + block + whole]) == nil)
        pipeline.finish()
        #expect(pipeline.statistics.decryptedConnections == 1)
        #expect(pipeline.notAnalyzed.map(\.what) == [body.count > 8 ? "lines of key logs" : "blocks of secrets"])
    }

    /// A key log of a whole fleet is larger than what is read at a time.
    @Test func largeBlockOfSecrets() throws {
        let whole = try VectorFiles.bytes("Captures/pj_tls_ft12.pcap")
        let keys = try VectorFiles.bytes("Captures/pj_tls_ft12.keys")
        var log = [UInt8]()
        for number in 0..<200 {
            let random = String(number, radix: 16)
            let line = String(repeating: "0", count: 64 - random.count) + random
            log += Array("CLIENT_RANDOM \(line) \(String(repeating: "11", count: 48))\n".utf8)
        }
        log += keys
        let padding = [UInt8](repeating: 0, count: -log.count & 3)
        let block = CaptureBuilder.littleEndian([
            10, UInt32(20 + log.count + padding.count), 0x544C_534B, UInt32(log.count),
        ])
        let header = CaptureBuilder.littleEndian([0x0A0D_0D0A, 28, 0x1A2B_3C4D, 1, .max, .max, 28])
        let end = CaptureBuilder.littleEndian([UInt32(20 + log.count + padding.count)])
        var limits = CaptureLimits()
        limits.bufferOctets = 4096
        var pipeline = CapturePipeline(sink: EventLog(), limits: limits)
        let octets = header + block + log + padding + end
        #expect(
            pipeline.feedAll(stride(from: 0, to: octets.count, by: 1000).map { Array(octets[$0...].prefix(1000)) })
                == nil)
        #expect(pipeline.secrets.count == 201)
        #expect(pipeline.feedAll([whole]) == nil)
        pipeline.finish()
        #expect(pipeline.statistics.decryptedConnections == 1)
        #expect(pipeline.notAnalyzed.isEmpty)
    }

    /// The same capture with secrets of another connection, and with wrong ones of its own.
    @Test func keysThatDoNotFit() throws {
        let capture = try VectorFiles.bytes("Captures/pj_tls_ft12.pcap")
        let line = try #require(
            String(decoding: VectorFiles.bytes("Captures/pj_tls_ft12.keys"), as: UTF8.self).split(separator: "\n").first
        )
        let random = line.split(separator: " ")[1]
        for (name, what, why) in [
            (random, "TLS connections", "the key log's secrets do not open them"),
            (Substring(String(repeating: "00", count: 32)), "TLS connections", "no keys"),
        ] {
            var store = TLSSecretStore()
            let log = "CLIENT_RANDOM \(name) \(String(repeating: "11", count: 48))\n"
            store.take(Array(log.utf8).span.bytes)
            let seen = Self.words(capture, store)
            #expect(seen.words.dropFirst().first?.contains("encrypted") == true)
            #expect(seen.notAnalyzed == [NotAnalyzed(what: what, count: 1, why: why)])
        }
    }

    /// A ClientHello with these protocols in its offer, behind one extension that nobody asks for.
    private static func hello(_ names: [String]) -> [UInt8] {
        let list = names.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        let offer: [UInt8] = [0, 16, 0, UInt8(list.count + 2), 0, UInt8(list.count)] + list
        let extensions: [UInt8] = [0, 23, 0, 0] + (names.isEmpty ? [] : offer)
        let body: [UInt8] =
            [3, 3] + [UInt8](repeating: 7, count: 32) + [2, 1, 2] + [0, 2, 0x13, 1] + [1, 0]
            + [0, UInt8(extensions.count)] + extensions
        return [22, 3, 1, 0, UInt8(body.count + 4), 1, 0, 0, UInt8(body.count)] + body
    }

    /// Connections of browsers and mail programs are none of phones; a secure WebSocket begins as HTTP/1.1.
    @Test(arguments: [
        (["h2", "http/1.1"], false), (["imap"], false), (["\u{6A}\u{6A}", "http/1.1"], true), (["http/1.1"], true),
        (["sip/2", "h2"], true), ([], true),
    ]) func offersOfOtherProtocols(_ names: [String], mayBeSIP: Bool) {
        let hello = Self.hello(names)
        var capture = CaptureBuilder()
        capture.handshake()
        capture.segment(hello, sequence: 1001)
        let seen = EventLog.words(of: capture.bytes)
        #expect(seen.words.isEmpty != mayBeSIP, "\(seen.words)")
        #expect(
            seen.notAnalyzed.map(\.what) == [mayBeSIP ? "TLS connections" : "TLS connections of other protocols"])
        // Hellos with keys of post-quantum kinds come in two segments, with the offer in either.
        for count in 1..<hello.count {
            var parts = CaptureBuilder()
            parts.handshake()
            parts.segment(Array(hello[..<count]), sequence: 1001)
            parts.segment(Array(hello[count...]), sequence: 1001 + UInt32(count))
            let joined = EventLog.words(of: parts.bytes)
            #expect(joined.words == seen.words, "\(count) of \(hello.count)")
            #expect(joined.notAnalyzed == seen.notAnalyzed, "\(count) of \(hello.count)")
        }
        // Where the capture ends before the offer does, nothing is ruled out; and no length leads out of it.
        for count in 6..<hello.count {
            var cut = CaptureBuilder()
            cut.handshake()
            cut.segment(Array(hello.prefix(count)), sequence: 1001)
            #expect(EventLog.words(of: cut.bytes).words.contains("f1 C encrypted"), "\(count) of \(hello.count)")
            // Nor where the rest was lost.
            cut.segment([UInt8](repeating: 0, count: 90), sequence: 1001 + UInt32(hello.count))
            #expect(EventLog.words(of: cut.bytes).words.contains("f1 C encrypted"), "\(count) of \(hello.count)")
        }
    }
}
