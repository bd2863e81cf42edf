import Glibc
import OutboundKit
import Synchronization
import Testing

/// The status server as browsers, scrapers and others who reach the port meet it.
@Suite struct HTTPStatusServerTests {
    /// Runs `body` with a server on a free port of loopback.
    private func serving(
        limits: HTTPStatusServer.Limits = HTTPStatusServer.Limits(), on host: String = "127.0.0.1:0",
        slow: @escaping HTTPStatusServer.Page = { HTTPAnswer(type: "text/plain", body: []) },
        _ body: (UInt16) async throws -> Void
    ) async throws {
        let address = try #require(TransportAddress(host))
        let server = try await HTTPStatusServer(
            address,
            pages: [
                "/": { HTTPAnswer(type: "text/html; charset=utf-8", body: Array("<p>hello</p>".utf8)) },
                "/slow": slow,
                "/large": { HTTPAnswer(type: "text/plain", body: Array(repeating: 120, count: 8_000_000)) },
            ], limits: limits)
        #expect(server.address.port != 0)
        do {
            try await body(server.address.port)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let request: String
        let status: String
        let contains: String
        var testDescription: String { String(request.prefix(50)).replacing("\r\n", with: " ") }
    }

    static let rows: [Row] = [
        Row(request: "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", status: "200", contains: "<p>hello</p>"),
        Row(request: "GET /?a=b HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n", status: "200", contains: "no-store"),
        Row(request: "GET / HTTP/1.0\r\n\r\n", status: "200", contains: "Content-Length: 12"),
        Row(request: "HEAD / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", status: "200", contains: "Content-Length: 12"),
        Row(request: "GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n", status: "404", contains: "no such page"),
        Row(request: "GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n", status: "404", contains: ""),
        Row(
            request: "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nab", status: "405",
            contains: "Allow: GET, HEAD"),
        Row(request: "DELETE / HTTP/1.1\r\nHost: localhost\r\n\r\n", status: "405", contains: ""),
        // A name that somebody else pointed here.
        Row(request: "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", status: "421", contains: ""),
        Row(request: "REGISTER sip:example.com SIP/2.0\r\n\r\n", status: "400", contains: ""),
        Row(request: "\u{16}\u{3}\u{1}garbage\r\n\r\n", status: "400", contains: ""),
    ]

    @Test(arguments: rows) func answers(_ row: Row) async throws {
        try await serving { port in
            let answer = try await TCPClient(port).exchange(row.request)
            #expect(answer.hasPrefix("HTTP/1.1 \(row.status) "), "\(answer.prefix(200))")
            #expect(row.contains.isEmpty || answer.contains(row.contains), "\(answer)")
            #expect(answer.contains("Connection: close"))
            if row.request.hasPrefix("HEAD") { #expect(!answer.contains("hello")) }
        }
    }

    @Test func requestInPieces() async throws {
        try await serving { port in
            let client = try TCPClient(port)
            for octet in "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8 { client.send([octet]) }
            #expect(try await client.exchange("").contains("hello"))
        }
    }

    @Test func requestThatNeverEndsIsCutOff() async throws {
        try await serving { port in
            let client = try TCPClient(port)
            client.send("GET / HTTP/1.1\r\n")
            for number in 0..<400 { client.send("X-\(number): \(String(repeating: "a", count: 100))\r\n") }
            let answer = try await client.exchange("")
            #expect(!answer.contains("200 OK"))
        }
    }

    @Test func silentClientIsClosed() async throws {
        var limits = HTTPStatusServer.Limits()
        limits.patience = .milliseconds(200)
        try await serving(limits: limits) { port in
            let clients = try (0..<3).map { _ in try TCPClient(port) }
            clients[0].send("GET / HT")
            for client in clients { #expect(try await client.exchange("").isEmpty) }
        }
    }

    /// A reader that takes nothing is closed, with what it did not take.
    @Test func slowReaderIsClosed() async throws {
        var limits = HTTPStatusServer.Limits()
        limits.patience = .seconds(1)
        try await serving(limits: limits) { port in
            let client = try TCPClient(port)
            client.send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
            try await Task.sleep(for: .milliseconds(1300))
            #expect(try await client.exchange("").utf8.count < 8_000_000)
            #expect(try await isServed(port))
        }
    }

    /// Who only connects makes room for who asks, long before its time is over.
    @Test func silentClientsKeepNobodyOut() async throws {
        try await serving { port in
            let silent = try (0..<200).map { _ in try TCPClient(port) }
            for client in silent.prefix(100) { client.send("GET / HT") }
            for _ in 0..<20 { #expect(try await TCPClient(port).exchange("GET / HTTP/1.0\r\n\r\n").contains("hello")) }
            // Those that came last are still there, and may ask.
            #expect(try await silent[199].exchange("GET / HTTP/1.0\r\n\r\n").contains("hello"))
            #expect(try await silent[0].exchange("").isEmpty)
        }
    }

    /// Clients that have asked keep their place, and give it back when they are served.
    @Test func connectionsAreCountedAndFreed() async throws {
        var limits = HTTPStatusServer.Limits()
        limits.connections = 4
        let asked = Mutex(0)
        let isOver = Mutex(false)
        let slow: HTTPStatusServer.Page = {
            asked.withLock { $0 += 1 }
            while !isOver.withLock({ $0 }) { try? await Task.sleep(for: .milliseconds(20)) }
            return HTTPAnswer(type: "text/plain", body: Array("at last".utf8))
        }
        try await serving(limits: limits, slow: slow) { port in
            let held = try (0..<4).map { _ in try TCPClient(port) }
            for client in held { client.send("GET /slow HTTP/1.0\r\n\r\n") }
            while asked.withLock({ $0 }) < 4 { try await Task.sleep(for: .milliseconds(20)) }
            #expect(try await TCPClient(port).exchange("GET / HTTP/1.0\r\n\r\n").isEmpty)
            isOver.withLock { $0 = true }
            for client in held { #expect(try await client.exchange("").hasSuffix("at last")) }
            #expect(try await isServed(port))
        }
    }

    /// On a busy machine a short patience may cut off an honest client too; it asks again.
    private func isServed(_ port: UInt16) async throws -> Bool {
        for _ in 0..<10 {
            let answer = try? await TCPClient(port).exchange("GET / HTTP/1.0\r\n\r\n")
            if answer?.contains("hello") == true { return true }
        }
        return false
    }

    @Test func addressInUse() async throws {
        try await serving { port in
            let address = try #require(TransportAddress("127.0.0.1:\(port)"))
            let error = await #expect(throws: TransportError.self) { try await HTTPStatusServer(address, pages: [:]) }
            #expect(error?.description.contains("127.0.0.1:\(port)") == true, "\(String(describing: error))")
            #expect(error?.errorNumber == EADDRINUSE)
        }
    }

    @Test(.needs("curl")) func curlReadsIt() async throws {
        let curl = try #require(Program.installed("curl"))
        try await serving { port in
            let page = try await curl.run("-sSi", "--max-time", "5", "http://127.0.0.1:\(port)/")
            #expect(page.status == 0 && page.output.contains("hello"), "\(page.errors)")
            let head = try await curl.run("-sSI", "--max-time", "5", "http://127.0.0.1:\(port)/")
            #expect(head.status == 0 && head.output.contains("Content-Length: 12"))
            let large = try await curl.run(
                "-sS", "-o", "/dev/null", "-w", "%{size_download}", "--max-time", "5", "http://127.0.0.1:\(port)/large")
            #expect(large.output == "8000000")
        }
    }

    @Test(.needs("curl")) func overIPv6() async throws {
        let curl = try #require(Program.installed("curl"))
        try await serving(on: "[::1]:0") { port in
            let page = try await curl.run("-sS", "--max-time", "5", "-g", "http://[::1]:\(port)/")
            #expect(page.output.contains("hello"), "\(page.errors)")
        }
    }
}

/// A plain TCP socket on loopback.
final class TCPClient {
    private let descriptor: Int32

    init(_ port: UInt16) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw ProgramError(text: "no socket: errno \(errno)") }
        self.descriptor = descriptor
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let done = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard done == 0 else { throw ProgramError(text: "no connection to port \(port): errno \(errno)") }
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) { _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }
    func send(_ text: String) { send(Array(text.utf8)) }

    /// Sends `text`, and reads until the other side closes, at most a minute: the server shares its threads with all other tests.
    func exchange(_ text: String) async throws -> String {
        if !text.isEmpty { send(text) }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let end = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < end {
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&entry, 1, 0) == 1 else {
                try await Task.sleep(for: .milliseconds(2))
                continue
            }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return String(decoding: answer, as: UTF8.self) }
            answer += buffer[..<count]
        }
        throw ProgramError(text: "the connection stayed open; so far: \(answer.count) octets")
    }
}
