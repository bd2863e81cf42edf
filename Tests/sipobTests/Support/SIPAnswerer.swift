import Foundation
import Glibc

/// A SIP server of a few lines on loopback, without any code of ours: it reads requests as text and answers what a
/// script says.
final class SIPAnswerer: @unchecked Sendable {
    enum Transport: String { case udp, tcp }

    /// What the script wants done with one request.
    enum Reply {
        case text(String)
        case bytes([UInt8])
        /// Ends the TCP connection.
        case close
    }

    /// One thing that came in: a request's text, or `\r\n\r\n` for a ping, or a STUN message's octets as Latin-1.
    struct Request: Sendable {
        let text: String
        /// From 0.
        let number: Int
        /// The TCP connection that it came over, from 0.
        let connection: Int

        var isRegister: Bool { text.hasPrefix("REGISTER ") }
        var removes: Bool { text.contains(";expires=0\r\n") }

        func header(_ name: String) -> String {
            let line = text.components(separatedBy: "\r\n").first { $0.hasPrefix(name + ":") } ?? ""
            return line.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces)
        }

        /// An answer that fits the request.
        func answer(_ status: String, _ fields: [String] = [], to edit: (String) -> String = { $0 }) -> Reply {
            let via = header("Via").replacingOccurrences(of: ";rport", with: ";received=127.0.0.1;rport=\(port)")
            let lines =
                [
                    "SIP/2.0 \(status)", "Via: \(via)", "From: \(header("From"))", "To: \(header("To"));tag=s",
                    "Call-ID: \(header("Call-ID"))", "CSeq: \(header("CSeq"))",
                ] + fields + ["Content-Length: 0", "", ""]
            return .text(edit(lines.joined(separator: "\r\n")))
        }

        /// 200 with what a good outbound registrar says; the binding is listed unless it was removed.
        func granted(_ fields: [String] = []) -> Reply {
            answer("200 OK", (removes ? [] : ["Contact: \(header("Contact"))"]) + ["Require: outbound"] + fields)
        }

        /// Empty where the field has its compact name, or is not there.
        private var port: String {
            String(header("Via").split(separator: ";").first?.split(separator: ":").last ?? "")
        }
    }

    let port: UInt16
    let transport: Transport
    private let descriptor: Int32
    private let script: @Sendable (Request) -> [Reply]
    private let lock = NSLock()
    private var seen: [Request] = []
    /// What requests over UDP were answered with, by their text.
    private var given: [String: [Reply]] = [:]
    private var isStopped = false
    private var connections = 0

    init(_ transport: Transport, _ script: @escaping @Sendable (Request) -> [Reply]) throws {
        self.transport = transport
        self.script = script
        let kind = transport == .udp ? SOCK_DGRAM : SOCK_STREAM
        descriptor = socket(AF_INET, Int32(kind.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard isBound, transport == .udp || listen(descriptor, 8) == 0 else {
            throw ProgramError(text: "no socket for the answerer: errno \(errno)")
        }
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [self] in transport == .udp ? serveDatagrams() : serveConnections() }
    }

    /// Everything that came in so far, but for copies of requests that had been answered.
    var requests: [Request] { lock.withLock { seen } }
    var registers: [Request] { requests.filter(\.isRegister) }
    var target: String { "sip:127.0.0.1:\(port);transport=\(transport.rawValue)" }

    func stop() {
        lock.withLock { isStopped = true }
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    private var stopped: Bool { lock.withLock { isStopped } }

    private func take(_ text: String, _ connection: Int) -> [Reply] {
        // Busy machines make clients repeat themselves; a copy gets the same answer (RFC 3261 §17.2.2).
        if let replies = lock.withLock({ given[text] }) { return replies }
        let request = lock.withLock { () -> Request in
            let request = Request(text: text, number: seen.count, connection: connection)
            seen.append(request)
            return request
        }
        let replies = script(request)
        if transport == .udp, request.isRegister, !replies.isEmpty { lock.withLock { given[text] = replies } }
        return replies
    }

    private func isReadable(_ descriptor: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 50) == 1
    }

    private func serveDatagrams() {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while !stopped {
            guard isReadable(descriptor) else { continue }
            var peer = sockaddr_in()
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafeMutablePointer(to: &peer) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { peer in
                    let count = recvfrom(descriptor, &buffer, buffer.count, 0, peer, &size)
                    guard count > 0 else { return }
                    let octets = Array(buffer[..<count])
                    let isSTUN = octets[0] < 2
                    let text =
                        isSTUN
                        ? String(octets.map { Character(UnicodeScalar($0)) }) : String(decoding: octets, as: UTF8.self)
                    for reply in take(text, 0) {
                        let bytes: [UInt8]
                        switch reply {
                        case .text(let text): bytes = Array(text.utf8)
                        case .bytes(let octets): bytes = octets
                        case .close: continue
                        }
                        sendto(descriptor, bytes, bytes.count, 0, peer, size)
                    }
                }
            }
        }
        close(descriptor)
    }

    private func serveConnections() {
        while !stopped {
            guard isReadable(descriptor) else { continue }
            let connection = accept(descriptor, nil, nil)
            guard connection >= 0 else { continue }
            serve(connection)
            close(connection)
            connections += 1
        }
        close(descriptor)
    }

    private func serve(_ connection: Int32) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var text = ""
        while !stopped {
            guard isReadable(connection) else { continue }
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            text += String(decoding: buffer[..<count], as: UTF8.self)
            while let end = text.range(of: "\r\n\r\n") {
                let message = String(text[..<end.upperBound])
                text = String(text[end.upperBound...])
                for reply in take(message, connections) {
                    let octets: [UInt8]
                    switch reply {
                    case .text(let text): octets = Array(text.utf8)
                    case .bytes(let bytes): octets = bytes
                    case .close: return
                    }
                    send(connection, octets, octets.count, Int32(MSG_NOSIGNAL))
                }
            }
        }
    }
}
