/// Judges event logs: one, or the shards of one.
public struct EventAudit: ~Copyable {
    /// Which part of the lines is taken: those whose key falls to this one of so many shards.
    public struct Shard: Sendable, Hashable {
        /// From 1.
        public let index: Int
        public let count: Int

        /// - Returns: nil unless 1 ≤ index ≤ count.
        public init?(index: Int, count: Int) {
            guard index >= 1, index <= count else { return nil }
            (self.index, self.count) = (index, count)
        }

        /// FNV-1a of the key's octets, in 32 bits: anybody can compute it.
        public func takes(_ key: String) -> Bool {
            if key == EventRecord.sharedKey { return true }
            var hash: UInt32 = 0x811C_9DC5
            for octet in key.utf8 { hash = (hash ^ UInt32(octet)) &* 0x0100_0193 }
            return Int(hash) % count == index - 1
        }
    }

    private var sink: AuditSink
    private let shard: Shard?
    private var events = 0
    private var unreadable = (count: 0, why: "")
    private var summary: CaptureSummary?
    private var fleet = FleetFacts()

    /// - Parameters:
    ///   - details: what is wanted beyond the ledger.
    ///   - shard: nil takes all lines.
    public init(
        settings: AuditSettings = AuditSettings(), details: CaptureAudit.Details = CaptureAudit.Details(),
        shard: Shard? = nil
    ) {
        sink = AuditSink(
            settings: settings, timelines: details.timelines, judgesExchanges: details.exchanges,
            comparesServers: false)
        self.shard = shard
    }

    /// Reads one log to its end.
    ///
    /// - Parameter path: `-` is standard input.
    /// - Throws: `CaptureError`, also for a file whose first line is no event.
    public mutating func read(path: String) throws(CaptureError) {
        var source = try CaptureSource(path: path, limits: CaptureLimits())
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var filled = 0
        var position = 0
        while true {
            let count = try source.read(into: &buffer, after: filled)
            filled += count
            var start = 0
            while let end = buffer[start..<filled].firstIndex(of: ASCII.lf) {
                try take(Array(buffer[start..<end]), path: path, at: position + start)
                start = end + 1
            }
            if count == 0 {
                if start < filled { try take(Array(buffer[start..<filled]), path: path, at: position + start) }
                break
            }
            if start == 0, filled == buffer.count, filled < EventLineReader.maximumLine {
                buffer += [UInt8](repeating: 0, count: filled)
            } else if start == 0, filled == buffer.count {
                // No line of ours is that long: what there is of it is passed over.
                unreadable.count += 1
                if unreadable.why.isEmpty {
                    unreadable.why = "a line is longer than \(EventLineReader.maximumLine) octets"
                }
                start = filled
            }
            buffer.replaceSubrange(0..<filled - start, with: buffer[start..<filled])
            filled -= start
            position += start
        }
        guard position + filled > 0 else { throw CaptureError(.noEvents, path: path) }
    }

    private mutating func take(_ line: [UInt8], path: String, at offset: Int) throws(CaptureError) {
        if line.allSatisfy({ ASCII.isBlank($0) || $0 == ASCII.cr }) { return }
        do throws(ParseError) {
            let read = try EventLineReader.read(line)
            guard shard?.takes(read.key) != false else { return }
            switch read.record {
            case .event(let event): sink.observe(event)
            case .end(let flow, let time): sink.end(flow, at: time)
            case .missing(let time): sink.miss(at: time)
            case .capture(let summary): note(summary)
            case .fleet(let fact): note(fact)
            case .run(let facts): sink.learn(facts)
            }
            events += 1
        } catch {
            if offset == 0 { throw CaptureError(.noEvents, path: path) }
            unreadable.count += 1
            if unreadable.why.isEmpty { unreadable.why = "the first of them: \(error) of its line" }
        }
    }

    /// Each shard has the same last line; what stands in it counts once.
    private mutating func note(_ summary: CaptureSummary) {
        sink.advance(to: summary.lastTime)
        if self.summary == nil { self.summary = summary }
    }

    private mutating func note(_ fact: FleetFacts) {
        fleet.dropped = min(fleet.dropped + fact.dropped, Int(UInt32.max))
        let outages = fact.outages.prefix(FleetFacts.maximumOutages - fleet.outages.count)
        let rhythms = fact.rhythms.prefix(FleetFacts.maximumRhythms - fleet.rhythms.count)
        fleet.outages += outages
        fleet.rhythms += rhythms
        fleet.dropped += fact.outages.count - outages.count + fact.rhythms.count - rhythms.count
    }

    /// The input has ended. Gives the settled sink away, with what concerns whole fleets by the log's own count, and with
    /// what the log says of the whole capture, and what was not judged.
    public consuming func finish() -> (sink: AuditSink, fleet: FleetFacts, summary: CaptureSummary) {
        sink.finish()
        let hasSummary = summary != nil
        var summary = summary ?? CaptureSummary(packets: 0, lastTime: .zero, notAnalyzed: [])
        var notAnalyzed = summary.notAnalyzed
        if unreadable.count > 0 {
            notAnalyzed.append(
                NotAnalyzed(what: "lines of the event log", count: unreadable.count, why: unreadable.why))
        }
        if sink.ledger.run?.hasBegun != true, shard != nil || sink.devices != nil {
            notAnalyzed.append(
                NotAnalyzed(
                    what: "what takes the flows of several users together", count: 1,
                    why: "the log has no line 'run', which pcap-audit --events writes in front"))
        }
        let options = sink.ledger.run?.otherOptions(sink.ledger.settings) ?? []
        if !options.isEmpty {
            notAnalyzed.append(
                NotAnalyzed(
                    what: "what takes the whole run, such as fleets, with \(options.joined(separator: " and "))",
                    count: 1, why: "it was found out when the log was written, with another value: give it to --events"
                ))
        }
        if !hasSummary {
            notAnalyzed.append(
                NotAnalyzed(
                    what: "end of the event log", count: 1,
                    why: "its last line is not there: flows that were open are judged by the last event"))
        }
        summary.notAnalyzed = notAnalyzed + sink.notJudged
        return (sink, fleet, summary)
    }
}
