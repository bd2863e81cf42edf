import Foundation
import Glibc
import OutboundKit
import Testing

@testable import sipob

/// `-i`, `--follow` and `--filter` as their users meet them: what is refused, and how it ends.
@Suite struct ListeningTests {
    private static let capture = Files.repository + "/Tests/Fixtures/Captures/bs_rotated_all.pcap"

    static let wrong: [[String]] = [
        ["-i", "lo", capture], ["-i", "lo", "--follow"], ["-i", "lo", "--write", "x.pcapng"],
        ["-i", "lo", "--events", "x.events"], ["-i", "lo", "--from-events"], ["-i", "lo", "--idle", "3"],
        ["-i", "lo", "--buffer", "0"], ["-i", "lo", "--buffer", "4096"], ["-i", "lo", "--duration", "0"],
        ["-i", "lo", "--duration", "soon"], ["--follow", "-"], ["--follow", capture, capture], ["--follow"],
        ["--follow", "--write", "x.pcapng", capture], ["--follow", "--events", "-", capture],
        ["--follow", "--buffer", "4", capture], ["--duration", "3", capture], ["--idle", "3", capture],
        ["--buffer", "3", capture], ["--from-events", "--filter", "udp", capture],
        ["--filter", "no such word", capture],
    ]

    @Test(arguments: wrong) func wrongUsage(_ arguments: [String]) async throws {
        let result = try await Program.sipob.run(["pcap-audit"] + arguments)
        #expect(result.status == 64, "\(result.errors)")
        #expect(result.output.isEmpty && result.errors.utf8.count > 40)
    }

    @Test func noSuchInterface() async throws {
        let result = try await Program.sipob.run("pcap-audit", "-i", "nothing7")
        #expect(result.status == 2 && result.output.isEmpty)
        #expect(result.errors.split(separator: "\n").count == 1)
        // Who may not capture is told of that first.
        #expect(result.errors.contains("there are any, ") || result.errors.contains("setcap"))
    }

    @Test(.needs("setpriv"), .enabled(if: geteuid() == 0, "only root can give rights away"))
    func noPermission() async throws {
        let setpriv = try #require(Program.installed("setpriv"))
        let result = try await setpriv.run([
            "--bounding-set=-net_raw,-net_admin", "--inh-caps=-all", Program.sipob.path, "pcap-audit", "-i", "lo",
        ])
        #expect(result.status == 2 && result.output.isEmpty)
        #expect(result.errors.contains("no permission to listen on lo") && result.errors.contains("setcap"))
    }

    /// Under the names of the library lies something else, seen by this process alone.
    @Test(.needs("unshare"), .enabled(if: geteuid() == 0, "only root can mount"))
    func withoutLibpcap() async throws {
        let unshare = try #require(Program.installed("unshare"))
        let hide =
            "for f in /usr/lib/*/libpcap.so* /usr/lib/libpcap.so*; do [ ! -e $f ] || mount --bind /dev/null $f || exit 77; done; "
        for options in ["-i lo", "--filter udp \(Self.capture)"] {
            let result = try await unshare.run([
                "-m", "sh", "-c", hide + "exec \(Program.sipob.path) pcap-audit \(options)",
            ])
            if result.status == 77 || result.errors.hasPrefix("unshare") {
                print("skipped: no mount namespace: \(result.errors)")
                return
            }
            #expect(result.status == 2 && result.output.isEmpty, "\(result.errors)")
            #expect(
                result.errors
                    == "sipob: libpcap is needed for -i and --filter and is not installed: apt install libpcap0.8\n")
        }
    }

    @Test func filteredFile() async throws {
        let all = try await Program.sipob.run("pcap-audit", Self.capture)
        let some = try await Program.sipob.run("pcap-audit", "--filter", "udp", Self.capture)
        #expect(some.output.contains("stun 17/17") && !some.output.contains("crlf 8/8"))
        #expect(all.output.contains("crlf 8/8") && !all.output.contains("left out"))
        let total = try #require(some.lines.last)
        let numbers = total.split { !$0.isNumber }.prefix(3).compactMap { Int($0) }
        #expect(total.contains("more left out by the filter") && !some.output.contains("Not analysed"))
        #expect(all.lines.last?.contains(" \(numbers[1] + numbers[2]) packets") == true)
        let json = try await Program.sipob.run("pcap-audit", "--json", "--filter", "udp", Self.capture)
        #expect(json.output.contains("\"packets\": \(numbers[1]),\n    \"packets_left_out\": \(numbers[2]),"))
    }

    struct Growth: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// Shell commands, with the capture as `$2` and its folder as `$4`.
        let begins: String
        let goesOn: String
        /// The files that hold the same.
        let same: [String]
        var said = ""
    }

    private static let piece = Files.repository + "/Tests/Fixtures/Captures/bs_rotated_"

    /// By a script: a test waits for its turn longer than the file may stand still.
    @Test(arguments: [
        Growth(
            testDescription: "appended", begins: "head -c 9000 \"$2\" >growing.pcap",
            goesOn: "tail -c +9001 \"$2\" >>growing.pcap", same: [capture]),
        Growth(
            testDescription: "renamed", begins: "cp \"$4\"1of4.pcap growing.pcap",
            goesOn: """
                for n in 2 3 4; do mv growing.pcap old.$n; sleep 1; cp "$4"${n}of4.pcap growing.pcap; sleep 4; done
                """,
            same: (1...4).map { "\(piece)\($0)of4.pcap" },
            said: "sipob: growing.pcap is another file now: the one before is read to its end, and the new one is "
                + "followed.\n"),
    ]) func followUntilIdle(_ growth: Growth) async throws {
        let shell = try #require(Program.installed("sh"))
        let scratch = try ScratchDirectory()
        let script = """
            cd "$1" && \(growth.begins)
            "$3" pcap-audit --follow --idle 8 growing.pcap >out 2>err & pid=$!
            for _ in $(seq 300); do grep -q following err && break; sleep 0.1; done
            \(growth.goesOn)
            wait $pid; status=$?
            cat out; cat err >&2; exit $status
            """
        let result = try await shell.run(
            ["-c", script, "sh", scratch.path("."), Self.capture, Program.sipob.path, Self.piece])
        let whole = try await Program.sipob.run(["pcap-audit"] + growth.same)
        #expect(result.status == whole.status && result.output == whole.output)
        #expect(result.errors == "sipob: following growing.pcap; Ctrl-C ends it\n" + growth.said)
    }

    /// Ctrl-C is how it ends, unless another end was asked for.
    @Test(arguments: [[], ["--duration", "1h"], ["--idle", "1h"]])
    func interrupted(_ arguments: [String]) async throws {
        let program = try Program.sipob.start(["pcap-audit", "--follow"] + arguments + [Self.capture])
        #expect(try await program.wait { $0.errorsSoFar.contains("Ctrl-C ends it") })
        program.signal(SIGINT)
        let result = try await program.finish()
        let whole = try await Program.sipob.run("pcap-audit", Self.capture)
        #expect(result.output == whole.output)
        #expect(result.status == (arguments.isEmpty ? whole.status : 130))
    }

    struct Piped: Sendable, CustomTestStringConvertible {
        enum Step: Sendable {
            /// Writes that share of the capture, and waits until it was taken.
            case writes(ClosedRange<Double>)
            case signals
            /// The writer, told the same, writes the rest and ends before the program is awake.
            case signalsBoth(restFrom: Double)
            case pauses
            case ends
        }
        let testDescription: String
        var isPacked = false
        let steps: [Step]
        let status: Int32
    }

    /// A pipe is read to its end, or to what its writer has written a moment after Ctrl-C; nothing that came is lost.
    @Test(
        .needs("gzip"),
        arguments: [
            Piped(testDescription: "whole", steps: [.writes(0...1), .ends], status: 1),
            Piped(
                testDescription: "in pieces", steps: [.writes(0...0.0002), .pauses, .writes(0.0002...1), .ends],
                status: 1),
            Piped(
                testDescription: "gzip", isPacked: true, steps: [.writes(0...0.3), .pauses, .writes(0.3...1), .ends],
                status: 1),
            Piped(testDescription: "goes on", steps: [.writes(0...1), .signals], status: 130),
            Piped(testDescription: "gzip goes on", isPacked: true, steps: [.writes(0...1), .signals], status: 130),
            Piped(testDescription: "last words", steps: [.writes(0...0.6), .signalsBoth(restFrom: 0.6)], status: 1),
            // timeout(1) signals the process and then its group.
            Piped(testDescription: "two signals", steps: [.writes(0...1), .signals, .pauses, .signals], status: 130),
        ])
    func piped(_ row: Piped) async throws {
        let scratch = try ScratchDirectory()
        let pipe = scratch.path("pipe")
        try #require(mkfifo(pipe, 0o600) == 0)
        let end = open(pipe, O_RDWR | O_CLOEXEC)
        var isOpen = true
        func closeEnd() {
            if isOpen { close(end) }
            isOpen = false
        }
        defer { closeEnd() }
        var octets = try Files.bytes(Self.capture)
        if row.isPacked {
            octets = try await #require(Program.installed("gzip")).run(["-c", Self.capture]).outputBytes
        }
        func write(_ share: ClosedRange<Double>) {
            let piece = octets[
                Int(share.lowerBound * Double(octets.count))..<Int(share.upperBound * Double(octets.count))]
            #expect(Glibc.write(end, Array(piece), piece.count) == piece.count)
        }
        let program = try Program.sipob.start(["pcap-audit", pipe])
        let clock = ContinuousClock()
        var signalled: [ContinuousClock.Instant] = []
        func signal() {
            program.signal(SIGINT)
            signalled.append(clock.now)
        }
        for step in row.steps {
            switch step {
            case .writes(let share):
                write(share)
                let isTaken = try await program.wait { _ in
                    var waiting = pollfd(fd: end, events: Int16(POLLIN), revents: 0)
                    return poll(&waiting, 1, 0) == 0
                }
                #expect(isTaken)
            case .signals: signal()
            case .signalsBoth(let start):
                program.signal(SIGSTOP)
                signal()
                write(start...1)
                closeEnd()
                program.signal(SIGCONT)
            case .pauses: try await Task.sleep(for: .milliseconds(250))
            case .ends: closeEnd()
            }
        }
        let result = try await program.finish()
        // Later than 0.3 s the second one means now.
        if let first = signalled.first, let last = signalled.last, last - first > .milliseconds(280) { return }
        let whole = try await Program.sipob.run("pcap-audit", Self.capture)
        #expect(result.status == row.status && result.output == whole.output && result.errors.isEmpty)
    }

    /// One of several captures is a pipe: Ctrl-C ends it, and with it the run.
    @Test(arguments: [false, true]) func pipeAmongFiles(_ writerEnds: Bool) async throws {
        let scratch = try ScratchDirectory()
        let pipe = scratch.path("pipe")
        try #require(mkfifo(pipe, 0o600) == 0)
        let end = open(pipe, O_RDWR | O_CLOEXEC)
        var isOpen = true
        defer { if isOpen { close(end) } }
        let octets = try Files.bytes("\(Self.piece)2of4.pcap")
        #expect(Glibc.write(end, octets, octets.count) == octets.count)
        let pieces = [1, 3, 4].map { "\(Self.piece)\($0)of4.pcap" }
        let program = try Program.sipob.start(["pcap-audit", pieces[0], pipe, pieces[1], pieces[2]])
        let isTaken = try await program.wait { _ in
            var waiting = pollfd(fd: end, events: Int16(POLLIN), revents: 0)
            return poll(&waiting, 1, 0) == 0
        }
        #expect(isTaken)
        if writerEnds {
            program.signal(SIGSTOP)
            program.signal(SIGINT)
            close(end)
            isOpen = false
            program.signal(SIGCONT)
        } else {
            program.signal(SIGINT)
        }
        let result = try await program.finish()
        let read = writerEnds ? [1, 2, 3, 4] : [1, 2]
        let whole = try await Program.sipob.run(["pcap-audit"] + read.map { "\(Self.piece)\($0)of4.pcap" })
        #expect(result.status == (writerEnds ? whole.status : 130) && result.errors.isEmpty, "\(result.errors)")
        guard !writerEnds else {
            #expect(result.output == whole.output)
            return
        }
        #expect(result.output.hasPrefix(whole.output.prefix(400)))
        #expect(result.output.contains("captures not begun: 2"), "\(result.output.suffix(300))")
    }

    /// What was kept of a piece that is cut is judged; what was lost is held against nobody, here and in an event log.
    @Test(arguments: [[], ["--jobs", "2"], ["--max-memory", "64M"]]) func cutPiece(_ options: [String]) async throws {
        let scratch = try ScratchDirectory()
        var pieces = (1...4).map { "\(Self.piece)\($0)of4.pcap" }
        pieces[1] = try scratch.write(Array(Files.bytes(pieces[1]).prefix(550)), to: "cut.pcap")
        let events = scratch.path("events")
        #expect(try await Program.sipob.run(["pcap-audit", "-q", "--events", events] + pieces).status == 0)
        for words in [options + pieces, ["--from-events", events]] {
            let result = try await Program.sipob.run(["pcap-audit", "--severity", "unknown"] + words)
            #expect(result.output.components(separatedBy: "FAIL  OB-FT-004").count == 2, "\(result.output)")
            #expect(result.output.contains("UNKNOWN (GAP)  OB-FT-004"))
        }
    }

    @Test func reportThatFindsNoRoom() async throws {
        let shell = try #require(Program.installed("sh"))
        for options in ["", "--json"] {
            let result = try await shell.run([
                "-c", "\"$1\" pcap-audit \(options) \"$2\" >/dev/full", "sh", Program.sipob.path, Self.capture,
            ])
            #expect(result.status == 2)
            #expect(result.errors == "sipob: the report could not be printed: no space left on device.\n")
        }
    }

    @Test func progress() {
        let pulse = CapturePulse(packets: 1, flows: 2, missed: MissedPackets(), octets: 0)
        #expect(Watch.line(pulse, "eth0", nanoseconds: 61_500_000_000) == "eth0: 1 packet, 2 flows, 0 dropped, 61 s")
    }
}
