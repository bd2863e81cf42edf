import Glibc
import Testing

/// What the heap of an audit is made of, as the host tells while it waits for packets.
@Suite struct AuditHeapTests {
    @Test(.enabled(if: access("/sys/kernel/mm/transparent_hugepage", F_OK) == 0, "this host has no huge pages"))
    func hugePagesAreAskedForWhereMemoryIsNotLimited() async throws {
        #expect(try await asksForHugePages([]))
        #expect(try await !asksForHugePages(["--max-memory", "64M"]))
    }

    private func asksForHugePages(_ options: [String]) async throws -> Bool {
        let scratch = try ScratchDirectory()
        let pipe = scratch.path("pipe")
        try #require(mkfifo(pipe, 0o600) == 0)
        // Open for both, it has a writer that writes nothing.
        let writer = open(pipe, O_RDWR | O_CLOEXEC)
        defer { close(writer) }
        let program = try Program.sipob.start(["pcap-audit"] + options + [pipe])
        #expect(try await program.wait { $0.descriptor(of: pipe) != nil })
        let maps = try Files.text("/proc/\(program.identifier)/smaps").split(separator: "\n")
        let heap = try #require(maps.firstIndex { $0.hasSuffix("[heap]") })
        // The part that was reserved may stand in the list by itself.
        return maps[heap...].filter { $0.hasPrefix("VmFlags:") }.prefix(2).contains {
            $0.split(separator: " ").contains("hg")
        }
    }
}
