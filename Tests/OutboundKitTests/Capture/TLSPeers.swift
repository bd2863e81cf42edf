import Foundation
import Testing

@testable import OutboundKit

/// OpenSSL's own client and server talking through a relay that writes down each piece: real connections of every kind,
/// with their key log.
struct TLSPeers {
    /// Which ends, and what they do besides saying the usual things.
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        var server = ""
        var client = ""
        /// `update`, `renegotiate`, `large`, `resume` or `early`.
        var step = ""
        var testDescription: String { name }
    }

    struct Piece {
        let fromClient: Bool
        /// Empty for the end of what it says.
        let octets: [UInt8]
    }

    struct Connection {
        let name: String
        var pieces: [Piece] = []
    }

    let folder: URL
    private(set) var connections: [Connection] = []

    var keys: String { folder.appending(path: "keys").path(percentEncoded: false) }

    static let isInstalled = ["/usr/bin/python3", "/usr/bin/openssl"].allSatisfy {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// Runs all rows at once: most of the time each waits for the next word to come through.
    init(_ rows: [Row]) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "sipob-tls-\(UInt64.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments =
            ["-c", Self.script, folder.path(percentEncoded: false)]
            + rows.map { [$0.name, $0.server, $0.client, $0.step].joined(separator: "|") }
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        connections = Self.connections(text)
    }

    /// What a relay wrote down: `N` and a name for each connection, `C` or `S` and hexadecimal digits for each piece, `F` and
    /// who it is for the end of what an end says.
    static func connections(_ text: String) -> [Connection] {
        var connections: [Connection] = []
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1).map(String.init)
            guard words.count == 2 else { continue }
            switch words[0] {
            case "N": connections.append(Connection(name: words[1]))
            case "F": connections[connections.count - 1].pieces.append(Piece(fromClient: words[1] == "C", octets: []))
            default:
                connections[connections.count - 1].pieces.append(
                    Piece(fromClient: words[0] == "C", octets: Hex.decode(words[1].utf8) ?? []))
            }
        }
        return connections
    }

    func remove() {
        try? FileManager.default.removeItem(at: folder)
    }

    /// A capture of a connection.
    /// - Parameters:
    ///   - step: the most octets of a segment.
    ///   - lost: the number of the piece that the capture missed.
    ///   - clientPort: tells connections apart in one capture.
    static func capture(
        _ connection: Connection, step: Int = .max, lost: Int? = nil, clientPort: UInt16 = CaptureBuilder.clientPort
    ) -> [UInt8] {
        var builder = CaptureBuilder()
        builder.handshake()
        var places: [Bool: UInt32] = [true: 1001, false: 5001]
        for (number, piece) in connection.pieces.enumerated() {
            let flags: UInt8 = piece.octets.isEmpty ? 0x11 : 0x18
            var start = 0
            repeat {
                // What IP can carry.
                let part = Array(piece.octets[start...].prefix(min(step, 60_000)))
                if number != lost {
                    builder.segment(
                        part, fromClient: piece.fromClient, sequence: places[piece.fromClient] ?? 0,
                        acknowledgement: places[!piece.fromClient] ?? 0, flags: flags)
                }
                places[piece.fromClient, default: 0] &+= UInt32(part.count)
                start += part.count
            } while start < piece.octets.count
        }
        return clientPort == CaptureBuilder.clientPort ? builder.bytes : renumbered(builder.bytes, clientPort)
    }

    private static func renumbered(_ capture: [UInt8], _ port: UInt16) -> [UInt8] {
        var octets = capture
        var record = 24
        while record < octets.count {
            let ports = record + 16 + 14 + 20
            for place in [ports, ports + 2] where octets.span.bytes.big16(place) == CaptureBuilder.clientPort {
                octets[place] = UInt8(port >> 8)
                octets[place + 1] = UInt8(port & 0xFF)
            }
            let length = (0..<4).map { Int(octets[record + 8 + $0]) << (8 * $0) }
            record += 16 + length.reduce(0, +)
        }
        return octets
    }

    private static let script = #"""
        import os, select, socket, subprocess, sys, threading, time

        folder, rows = sys.argv[1], [row.split("|") for row in sys.argv[2:]]
        at = lambda name: os.path.join(folder, name)
        quiet_ends = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.PIPE}
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9", "-subj", "/CN=test",
            "-keyout", at("key"), "-out", at("cert")], check=True, capture_output=True)

        # Carries octets both ways, writes each piece down, and says the next thing when the last has gone through.
        def relay(listener, port, client, server, script, told):
            near, _ = listener.accept()
            far = socket.create_connection(("127.0.0.1", port))
            end, quiet, step, sides = time.monotonic() + 20, 0, 0, {near, far}
            while sides and time.monotonic() < end:
                ready, _, _ = select.select(list(sides), [], [], 0.1)
                for side in ready:
                    data, other, name = side.recv(65536), far if side is near else near, "C" if side is near else "S"
                    if data:
                        other.sendall(data)
                        told.append(name + " " + data.hex())
                        continue
                    sides.discard(side)
                    told.append("F " + name)
                    try: other.shutdown(socket.SHUT_WR)
                    except OSError: pass
                quiet = 0 if ready else quiet + 1
                if quiet >= 2 and step < len(script):
                    who, text = script[step]
                    step, quiet = step + 1, 0
                    stream = (client if who == "C" else server).stdin
                    if text is None: stream.close()
                    else:
                        stream.write(text)
                        stream.flush()
            near.close()
            far.close()

        def sip(first, length=0):
            method = b"OPTIONS" if first.startswith(b"SIP") else first.split(b" ")[0]
            return b"\r\n".join([first, b"Via: SIP/2.0/TLS 192.0.2.10;branch=z9hG4bK1", b"From: <sip:a@example.com>;tag=1",
                b"To: <sip:a@example.com>", b"Call-ID: 1", b"CSeq: 1 " + method, b"Content-Length: %d" % length, b"", b""])

        def run(name, server_options, client_options, step, told):
            session, early = at(name + " session"), at(name + " early")
            probe = socket.socket()
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
            probe.close()
            server = subprocess.Popen(["openssl", "s_server", "-accept", "127.0.0.1:%d" % port, "-key", at("key"), "-cert",
                at("cert"), "-quiet", "-keylogfile", at("keys")] + server_options.split(), **quiet_ends)
            listener = socket.socket()
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            for _ in range(100):
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except OSError: time.sleep(0.05)
            goes_twice = step in ("resume", "early")
            for number in range(2 if goes_twice else 1):
                options = client_options.split()
                if goes_twice: options += ["-sess_in" if number else "-sess_out", session]
                if number and step == "early":
                    with open(early, "wb") as file: file.write(sip(b"MESSAGE sip:example.com SIP/2.0"))
                    options += ["-early_data", early]
                client = subprocess.Popen(["openssl", "s_client", "-connect", "127.0.0.1:%d" % listener.getsockname()[1]]
                    + options, **quiet_ends)
                script = [("C", sip(b"OPTIONS sip:example.com SIP/2.0")), ("S", sip(b"SIP/2.0 200 OK")), ("C", b"\r\n\r\n"),
                    ("S", b"\r\n")]
                # s_client's own commands: new keys for both ends, new keys for its own, a new handshake.
                if step == "update": script += [("C", b"K\n"), ("C", b"\r\n"), ("S", b"\r\n"), ("C", b"k\n"), ("C", b"\r\n")]
                if step == "renegotiate": script += [("C", b"R\n"), ("C", b"\r\n\r\n"), ("S", b"\r\n")]
                if step == "large": script += [("C", sip(b"MESSAGE sip:example.com SIP/2.0", 40000) + b"x" * 40000)]
                told.append("N " + name)
                relay(listener, port, client, server, script + [("C", None)], told)
                client.kill()
                client.wait()
            server.kill()
            server.wait()
            listener.close()

        runs = []
        for row in rows:
            told = []
            runs.append((threading.Thread(target=run, args=(*row, told)), told))
            runs[-1][0].start()
            time.sleep(0.05)
        for thread, told in runs:
            thread.join()
            print("\n".join(told))
        """#
}
