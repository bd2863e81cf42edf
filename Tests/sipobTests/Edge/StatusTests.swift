import Testing

/// The status page in a real browser, metrics and health by curl.
@Suite struct StatusTests {
    /// The body of a page of `--http`.
    static func get(_ path: String, _ edge: EdgeProcess) async throws -> String {
        let curl = try #require(Program.installed("curl"))
        let result = try await curl.run("-sSf", "--max-time", "10", try edge.statusURL() + path.dropFirst())
        #expect(result.status == 0, "\(result.errors)")
        return result.output
    }

    /// The sum over all labels of one metric; nil when there is none of that name.
    static func sum(_ name: String, _ metrics: String) -> Int? {
        let values = metrics.split(separator: "\n").filter { $0.hasPrefix(name + " ") || $0.hasPrefix(name + "{") }
            .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }
        return values.isEmpty ? nil : Int(values.reduce(0, +))
    }

    /// Over UDP, where the flow stays when the program has ended.
    private func edgeWithAPhone() async throws -> EdgeProcess {
        let edge = try await EdgeProcess.start(["udp", "tcp"], ["--http", "127.0.0.1:0", "--judge"])
        let result = try await RegisterTestBench().run([
            "--edge", "sip:127.0.0.1:\(edge.port("udp"))", "--keep-binding", "--no-keep-alive",
        ])
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        return edge
    }

    @Test(.needs("curl")) func byCurl() async throws {
        let edge = try await edgeWithAPhone()
        #expect(try await Self.get("/healthz", edge) == "ok\n")
        let metrics = try await Self.get("/metrics", edge)
        #expect(Self.sum("sipob_edge_bindings", metrics) == 1, "\(metrics)")
        #expect(try await Self.get("/", edge).contains("sip:alice@example.com"))
        let curl = try #require(Program.installed("curl"))
        let missing = try await curl.run(
            "-s", "-o", "/dev/null", "-w", "%{http_code}", try edge.statusURL() + "nothing")
        #expect(missing.output == "404")
        let post = try await curl.run(
            "-s", "-o", "/dev/null", "-w", "%{http_code}", "-d", "x", try edge.statusURL())
        #expect(post.output == "405")
    }

    static let browser = ["chromium", "chromium-browser", "google-chrome"].lazy.compactMap(Program.installed).first

    @Test(.enabled(if: StatusTests.browser != nil, "no Chromium here")) func inABrowser() async throws {
        let edge = try await edgeWithAPhone()
        let scratch = try ScratchDirectory()
        let browser = try #require(Self.browser)
        let page = try await browser.run(
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--user-data-dir=\(scratch.path("profile"))", "--virtual-time-budget=1000", "--dump-dom",
                try edge.statusURL(),
            ], environment: ["HOME": scratch.root], timeout: .seconds(90))
        #expect(page.status == 0, "\(page.errors)")
        let title = page.output.firstMatch(of: /<title>([^<]*)<\/title>/).map { String($0.1) } ?? ""
        #expect(title.contains("sipob"), "\(title)")
        // A row of the table of flows, as the browser read it.
        let rows = page.output.matches(of: /<tr[^>]*>(?:.|\n)*?<\/tr>/).map { String($0.0) }
        #expect(rows.contains { $0.contains("sip:alice@example.com") && $0.contains("udp") }, "\(page.output)")
    }
}
