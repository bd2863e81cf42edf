import Synchronization
import Testing

@testable import OutboundKit

/// Each case on keep-alives, passwords and bad input, against a server that breaks exactly what it judges.
@Suite struct AliveMutantTests {
    @Test(arguments: rows) func mutantIsFound(row: MutantRow) async throws { try await row.check() }

    @Test func everyCaseHasAMutant() {
        let groups: Set<CaseGroup> = [.keepalive, .stun, .websocket, .timer, .digest, .robustness]
        let named = Set(Self.rows.map(\.id))
        let bare = CaseCatalogue.all.filter { one in one.group.map(groups.contains) ?? false }
            .map(\.id).filter { !named.contains($0) }
        #expect(bare.isEmpty, "no server is known that fails \(bare)")
    }

    static let rows = crlf + stun + webSocket + timer + digest + robustness

    private static let crlf: [MutantRow] = [
        MutantRow("keepalive.ping", "fail", "OB-KA-010", .faults("no-pong")),
        MutantRow("keepalive.ping", "warn", "OB-KA-010", .faults("late-pong=2")),
        MutantRow("keepalive.ping", "warn", "OB-KA-003", .faults("double-pong")),
        MutantRow("keepalive.ping-registered", "fail", "OB-EP-018", .faults("no-pong")),
        MutantRow("keepalive.ping-later", "fail", "OB-KA-010", .faults("no-pong")),
        MutantRow(
            "keepalive.split-ping", "warn", "OB-KA-011", Mutant(rawToServer: { $0.count == 4 ? $0 : nil })),
        MutantRow("keepalive.two-pings", "fail", "OB-KA-014", .faults("double-pong")),
        MutantRow(
            "keepalive.two-pings", "warn", "OB-KA-014",
            Mutant(rawToServer: { $0.count == 8 ? Array($0.prefix(4)) : $0 })),
        MutantRow(
            "keepalive.lone-crlf", "fail", "OB-KA-014", Mutant(rawToServer: { $0.count == 2 ? $0 + $0 : $0 })),
        MutantRow("keepalive.blank-lines", "warn", "OB-KA-012", Mutant(toClient: { "\r\n" + $0 })),
        MutantRow(
            "keepalive.crlf-before-request", "fail", "OB-KA-015", Mutant(rawToServer: { $0.count > 8 ? nil : $0 })),
        MutantRow(
            "keepalive.ping-before-request", "warn", "OB-KA-004",
            Mutant(rawToServer: { $0.count > 8 ? Array($0.dropFirst(4)) : $0 })),
        MutantRow(
            "keepalive.half-request", "fail", "OB-KA-004",
            Mutant(
                toServer: { $0.hasSuffix("\r\n\r\n\r\n\r\n") ? String($0.dropLast(2)) : $0 },
                rawToServer: { $0.count > 8 && $0.suffix(4).elementsEqual([13, 10, 13, 10]) ? $0.dropLast(4) : $0 })),
        MutantRow("keepalive.stays-open", "warn", "OB-KA-020", .faults("kill-after-seconds=5")),
    ]

    private static let stun: [MutantRow] = [
        MutantRow("stun.binding", "fail", "OB-STUN-011", .faults("no-stun")),
        MutantRow("stun.binding", "fail", "OB-STUN-012", .faults("stun-error=401")),
        MutantRow("stun.binding", "fail", "OB-STUN-009", .faults("no-mapped-address")),
        MutantRow("stun.binding", "fail", "OB-STUN-010", .faults("wrong-mapped-address")),
        MutantRow("stun.registered", "fail", "OB-EP-017", .faults("no-stun")),
        MutantRow("stun.registered", "warn", "OB-RPORT-002", .faults("wrong-mapped-address")),
        MutantRow("stun.interleaved", "fail", "OB-STUN-014", .faults("no-stun")),
        MutantRow(
            "stun.unknown-required", "fail", "OB-STUN-020",
            Mutant(rawToServer: { $0.replacing([0x7F, 0xFF], with: [0xC0, 0xDE]) })),
        MutantRow(
            "stun.unknown-required", "warn", "OB-STUN-020",
            Mutant(rawToServer: { $0.contains(0x7F) && $0.count > 20 ? nil : $0 })),
        MutantRow(
            "stun.unknown-required", "fail", "OB-STUN-022",
            Mutant(rawToClient: { bytes in
                // ERROR-CODE becomes an attribute that nobody knows.
                bytes.replacing([0x00, 0x09, 0x00], with: [0x80, 0x30, 0x00])
            })),
        MutantRow(
            "stun.unknown-required", "fail", "OB-STUN-015",
            Mutant(rawToClient: { bytes in
                // The length of an error response is no multiple of four.
                bytes.starts(with: [1, 0x11]) ? Array(bytes[..<3]) + [bytes[3] - 2] + bytes[4...] : bytes
            })),
        MutantRow("stun.unknown-optional", "fail", "OB-STUN-021", .faults("stun-error=400")),
        MutantRow("stun.fingerprint", "fail", "OB-STUN-025", .faults("stun-error=400")),
        MutantRow("stun.repeated", "warn", "OB-STUN-027", .faults("changing-mapped-address=2")),
        MutantRow(
            "stun.indication", "info", "OB-STUN-014",
            Mutant(rawToServer: { bytes in
                // What looks like an indication is taken for a request.
                bytes.starts(with: [0x00, 0x11]) ? [0x00, 0x01] + bytes.dropFirst(2) : bytes
            })),
        MutantRow(
            "stun.broken", "warn", "OB-STUN-029",
            Mutant(rawToServer: { $0.replacing([1, 2, 3, 4], with: [0x21, 0x12, 0xA4, 0x42]) })),
        MutantRow("stun.broken", "fail", "OB-STUN-015", .dies { $0.count == 11 }),
    ]

    private static let webSocket: [MutantRow] = [
        // A Pong frame that is lost, or carries something else.
        MutantRow("websocket.ping", "fail", "OB-WS-002", Mutant(rawToClient: { $0.first == 0x8A ? nil : $0 })),
        MutantRow(
            "websocket.ping", "fail", "OB-WS-002",
            Mutant(rawToClient: { $0.first == 0x8A ? [0x8A, 1, 0x2A] : $0 })),
        MutantRow("websocket.crlf", "fail", "OB-WS-003", .faults("no-pong")),
        // The pong is glued to what comes next.
        MutantRow(
            "websocket.one-message-a-frame", "fail", "OB-WS-004",
            Mutant(rawToClient: { $0.count == 4 && $0.last == 10 ? [$0[0], 6] + Array("\r\nSIP/".utf8) : $0 })),
        MutantRow("websocket.fragments", "fail", "OB-WS-010", Mutant(rawToClient: { $0.first == 0x8A ? nil : $0 })),
        // The mask bit is set on the way, as a server that does not look at it would see it.
        MutantRow(
            "websocket.unmasked", "warn", "OB-WS-010",
            Mutant(rawToServer: { $0.starts(with: [0x89, 3, 1]) ? [0x89, 0x83, 0, 0, 0, 0, 1, 2, 3] : $0 })),
    ]

    private static let timer: [MutantRow] = [
        MutantRow(
            "timer.header", "fail", "OB-FT-001",
            Mutant(toClient: { $0.replacing("Flow-Timer: 20", with: "Flow-Timer: 2.5") })),
        MutantRow(
            "timer.header", "warn", "OB-FT-002", Mutant(toClient: { $0.replacing("Require: outbound\r\n", with: "") })),
        MutantRow("timer.kept", "fail", "OB-FT-006", .faults("closes-early=10")),
        MutantRow("timer.answered", "fail", "OB-KA-010", .faults("no-pong")),
        MutantRow("timer.idle", "fail", "OB-FT-006", .faults("closes-early=10")),
        MutantRow(
            "timer.idle", "warn", "OB-KA-008",
            .set { settings in
                settings.flowTimer = nil
                settings.idleTime = .seconds(40)
            }),
    ]

    private static let digest: [MutantRow] = [
        MutantRow(
            "digest.offer", "warn", "OB-AUTH-002",
            Mutant(
                settings: { $0.demandDigest() },
                toClient: { text in
                    text.replacing("algorithm=SHA-256", with: "algorithm=X").replacing(
                        "algorithm=SHA-512-256", with: "algorithm=X"
                    )
                    .replacing("algorithm=MD5", with: "algorithm=SHA-256").replacing(
                        "algorithm=X", with: "algorithm=MD5")
                })),
        MutantRow("digest.unauthenticated", "fail", "OB-REG-031", takesEvil),
        MutantRow("digest.wrong-password", "fail", "OB-REG-031", takesEvil),
        MutantRow("digest.algorithms", "warn", "OB-AUTH-002", spoils("algorithm=MD5")),
        MutantRow("digest.auth-int", "warn", "OB-AUTH-003", spoils("qop=auth-int")),
        MutantRow("digest.replay", "info", "OB-AUTH-003", takesReplay),
    ]

    /// Says 200 to an attacker.
    private static var takesEvil: Mutant {
        let isEvil = Flag()
        return Mutant(
            settings: { $0.demandDigest() },
            toServer: { text in
                isEvil.set(text.contains("evil@"))
                return text
            },
            toClient: { isEvil.isSet ? $0.replacing("SIP/2.0 401 Unauthorized", with: "SIP/2.0 200 OK") : $0 })
    }

    private static var takesReplay: Mutant {
        let seen = Mutex<Set<String>>([])
        let isReplay = Flag()
        return Mutant(
            settings: { $0.demandDigest() },
            toServer: { text in
                let proof = text.split(separator: "response=").dropFirst().first.map { String($0.prefix(34)) }
                isReplay.set(proof.map { proof in !seen.withLock { $0.insert(proof).inserted } } ?? false)
                return text
            },
            toClient: { isReplay.isSet ? $0.replacing("SIP/2.0 401 Unauthorized", with: "SIP/2.0 200 OK") : $0 })
    }

    /// Refuses credentials that say so.
    private static func spoils(_ word: String) -> Mutant {
        Mutant(
            settings: { $0.demandDigest() },
            toServer: { $0.contains(word) ? $0.replacing("response=\"", with: "response=\"0") : $0 })
    }

    private static let robustness: [MutantRow] = [
        MutantRow(
            "robustness.odd-register", "warn", "OB-GR-006",
            Mutant(toServer: { $0.replacing("\r\nTO :", with: "\r\nXX:") })),
        MutantRow(
            "robustness.compact-register", "warn", "OB-GR-006",
            Mutant(toServer: { $0.replacing("\r\ni: ", with: "\r\nXX: ") })),
        MutantRow("robustness.garbage", "fail", "OB-GR-006", .dies { $0.starts(with: Array("GET".utf8)) }),
        MutantRow(
            "robustness.half-request", "fail", "OB-GR-006",
            .dies { $0.starts(with: Array("OPTIONS".utf8)) && !$0.suffix(4).elementsEqual(Array("\r\n\r\n".utf8)) }),
        MutantRow("robustness.huge-header", "fail", "OB-GR-006", .dies { $0.count == 65_536 }),
        MutantRow(
            "robustness.wrong-length", "fail", "OB-GR-006",
            .dies { String(decoding: $0, as: UTF8.self).contains("Content-Length: -1") }),
        MutantRow("robustness.stray-response", "fail", "OB-GR-006", .dies { $0.starts(with: Array("SIP/2.0 6".utf8)) }),
        MutantRow("robustness.idle-flows", "fail", "OB-GR-006", Mutant(settings: { $0.limits.flows = 60 })),
        MutantRow("robustness.slow-sender", "fail", "OB-GR-006", .dies { $0.count == 1 }),
    ]
}
