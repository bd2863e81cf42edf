import Testing

@testable import OutboundKit

/// Phones that do everything right, with all that happens to phones: they are started anew, go to another network and come
/// back, have their port changed by a NAT, lose a datagram, are pinged by their servers. Nobody may be accused, also where
/// the run sees only a part of it.
@Suite struct GoodPhonesTests {
    enum View: CaseIterable, Sendable {
        case everything
        case fromTheMiddle
        case clientsOnly
        case serversOnly
    }

    /// One phone at two edges.
    private struct Phone {
        private static let end = 9000.0
        var random: SeededGenerator
        let transport: TransportProtocol
        let timer: Int?
        var timelines: [Timeline] = []

        init(seed: UInt64) {
            random = SeededGenerator(seed: seed)
            transport = Bool.random(using: &random) ? .udp : .tcp
            timer = [25, 60, 120, nil].randomElement(using: &random) ?? nil
            for edge in 1...2 { live(at: edge) }
        }

        private mutating func live(at edge: Int) {
            let bounds =
                timer.map { Double($0) * 0.81...Double($0) * 0.99 } ?? (transport == .udp ? 24.5...28.5 : 96...119)
            let interval = { (phone: inout Phone) in Double.random(in: bounds, using: &phone.random) }
            let lifetime = { (phone: inout Phone) in Double.random(in: 1500...3400, using: &phone.random) }
            let quiet = { (phone: inout Phone) in Double.random(in: 200...1500, using: &phone.random) }
            var (host, port, boot, cseq): (UInt32, UInt16, Int, Int) = (7, UInt16(5060 + edge), 0, 0)
            var time = Double.random(in: 1...20, using: &random)
            var place = flow(edge, host, port)
            func register(_ phone: inout Phone, after pause: Double) {
                time += pause
                let callID = "e\(edge)b\(boot)"
                if Bool.random(using: &phone.random) {
                    cseq += 1
                    phone.timelines[place].moments += [
                        (time, .register(regID: edge, callID: callID, cseq: cseq, expires: nil)),
                        (time + 0.02, .answer(401, [], cseq: cseq, callID: callID)),
                    ]
                    time += 0.1
                }
                cseq += 1
                phone.timelines[place].moments += Timeline.registered(
                    at: time, regID: edge, timer: phone.timer, cseq: cseq, callID: callID)
                time += 0.02
            }
            register(&self, after: 0.1)
            var (ping, refresh, incident) = (time + interval(&self), time + lifetime(&self), time + quiet(&self))
            while min(ping, refresh, incident) < Self.end {
                time = min(ping, refresh, incident)
                if time == ping {
                    keepAlive(place, time)
                    ping = time + interval(&self)
                    continue
                }
                if time == refresh {
                    register(&self, after: 0)
                    refresh = time + lifetime(&self)
                    continue
                }
                switch Int.random(in: 0..<4, using: &random) {
                case 0:
                    // Off and on again, with or without a word.
                    if Bool.random(using: &random) {
                        timelines[place].moments += [
                            (time, .register(regID: edge, callID: "e\(edge)b\(boot)", cseq: cseq + 1, expires: 0)),
                            (time + 0.02, .answer(200, [], cseq: cseq + 1, callID: "e\(edge)b\(boot)")),
                        ]
                    }
                    (boot, cseq) = (boot + 1, 0)
                    if transport == .tcp { port = .random(in: 20_000...60_000, using: &random) }
                    place = flow(edge, host, port)
                    register(&self, after: .random(in: 15...200, using: &random))
                case 1:
                    // To the other network.
                    host = host == 7 ? 8 : 7
                    if transport == .tcp { port = .random(in: 20_000...60_000, using: &random) }
                    place = flow(edge, host, port)
                    register(&self, after: .random(in: 0.5...5, using: &random))
                case 2 where transport == .udp:
                    // A NAT gave it another port.
                    port = .random(in: 20_000...60_000, using: &random)
                    place = flow(edge, host, port)
                    register(&self, after: 0.1)
                default:
                    serverSpeaks(place, time)
                    incident = time + quiet(&self)
                    continue
                }
                (ping, refresh, incident) = (time + interval(&self), time + lifetime(&self), time + quiet(&self))
            }
        }

        /// The place of the flow; a connection is a new one each time.
        private mutating func flow(_ edge: Int, _ host: UInt32, _ port: UInt16) -> Int {
            let known = timelines.firstIndex {
                transport == .udp && $0.clientHost == host && $0.clientPort == port && $0.serverHost == UInt32(edge)
            }
            if let known { return known }
            var timeline = Timeline(flow: UInt32(timelines.count), transport: transport, clientPort: port, moments: [])
            (timeline.clientHost, timeline.serverHost) = (host, UInt32(edge))
            timelines.append(timeline)
            return timelines.count - 1
        }

        private mutating func keepAlive(_ place: Int, _ time: Double) {
            guard transport == .udp else {
                timelines[place].moments += Timeline.pings([time])
                return
            }
            let id = UInt64(time * 1000)
            timelines[place].moments.append((time, .stun(id)))
            var answered = time
            if Int.random(in: 0..<25, using: &random) == 0 {
                answered += 0.5
                timelines[place].moments.append((answered, .stun(id)))
            }
            timelines[place].moments.append(
                (answered + 0.02, .stunAnswer(id, port: timelines[place].clientPort, [.cookie, .xorMapped])))
        }

        private mutating func serverSpeaks(_ place: Int, _ time: Double) {
            guard transport == .tcp else {
                timelines[place].moments.append((time, .event(.otherDatagram(length: 4, first: 0), .fromServer)))
                return
            }
            timelines[place].moments += Timeline.serverPings((0..<5).map { time + Double($0) * 3.1 })
        }
    }

    private func events(_ phone: Phone, _ view: View) throws -> [FlowEvent] {
        var tape = Tape()
        for timeline in phone.timelines {
            var timeline = timeline
            timeline.moments.sort { $0.0 < $1.0 }
            // Where it is not seen to begin, a stream is joined in its middle.
            if view == .fromTheMiddle {
                let isCut = timeline.moments.first.map { $0.0 < 1700 } ?? false
                timeline.moments.removeAll { $0.0 < 1700 }
                if isCut, timeline.transport == .tcp { timeline.opening = .midstream }
            }
            guard !timeline.moments.isEmpty else { continue }
            try timeline.play(into: &tape)
        }
        let seen = tape.events.filter { event in
            if case .open = event.what { return true }
            switch view {
            case .everything, .fromTheMiddle: return true
            case .clientsOnly: return event.direction == .fromClient
            case .serversOnly: return event.direction == .fromServer
            }
        }
        return seen.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
    }

    @Test(arguments: View.allCases) func nobodyIsAccused(_ view: View) throws {
        for seed in 1...60 as ClosedRange<UInt64> {
            var sink = AuditSink(judgesExchanges: true)
            for event in try events(Phone(seed: seed), view) { sink.observe(event) }
            sink.finish()
            let accused = Judge().judge(sink).findings.filter { finding in
                // The literal messages say it themselves: a Via without received and a Contact that does not come back.
                (finding.verdict == .fail || finding.verdict == .warn)
                    && !["OB-RPORT-002", "OB-REG-025"].contains(finding.requirement?.text)
            }
            #expect(
                accused.isEmpty,
                "seed \(seed): \(accused.map { "\($0.requirement?.text ?? "") \($0.subject) \($0.message)" })")
        }
    }
}
