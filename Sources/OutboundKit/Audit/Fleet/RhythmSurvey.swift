/// Finds flows of one edge that keep time together: the same constant interval, and the same phase.
///
/// The phase is that of the last keep-alive. Phones that draw each interval anew lose any common beginning within a few
/// intervals and have no constant interval at all; they are not counted. Of those with a constant one, started
/// independently, a window of a fiftieth of the interval holds a fiftieth.
struct RhythmSurvey {
    /// Intervals that a flow must show.
    private static let minimumIntervals: UInt32 = 3
    /// So many per cent of a flow's intervals lie within so many per cent of one of them, or 20 ms.
    private static let steadyShare = 80
    private static let steadyPercent: Int64 = 2
    private static let steadyFloor: Int64 = 20_000_000
    /// Parts of an interval; the window is two of them.
    private static let parts = 100
    /// For refreshes, whose interval is long, a part is a second, up to so many.
    private static let maximumParts = 7200
    /// Edges with an interval that are counted, and those of them whose phases are.
    private static let maximumMarks = 1 << 20
    private static let maximumGroups = 4096
    private static let maximumAgents = 3

    private struct Group: Hashable {
        let edge: FleetEdge
        let kind: EdgeRhythm.Kind
        let period: Int64

        /// A number that hashes fast: most flows beat alone, and need no more than to be counted. Of two groups with the
        /// same number neither is passed over.
        var mark: UInt64 {
            var mark = edge.address.ip.low ^ edge.address.ip.high &* 31
            mark = mark &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(edge.address.port)
            return mark &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(bitPattern: period)
        }
    }

    private struct Beat {
        let group: Group
        let last: Int64

        var parts: Int {
            group.kind == .registration
                ? min(RhythmSurvey.maximumParts, Int(group.period / .second)) : RhythmSurvey.parts
        }

        var part: Int {
            let phase = last % group.period
            return min(parts - 1, Int((phase < 0 ? phase + group.period : phase) / (group.period / Int64(parts))))
        }
    }

    private let ledger: FlowLedger

    static func rhythms(of ledger: FlowLedger) -> [EdgeRhythm] {
        let survey = RhythmSurvey(ledger: ledger)
        var sizes: [UInt64: Int] = [:]
        survey.forEachBeat { _, beat in
            let mark = beat.group.mark
            if sizes.count < maximumMarks || sizes[mark] != nil { sizes[mark, default: 0] += 1 }
        }
        sizes = sizes.filter { $0.value >= FleetFacts.minimumFlows }
        guard !sizes.isEmpty else { return [] }
        var groups: [Group: [Int]] = [:]
        survey.forEachBeat { _, beat in
            guard sizes[beat.group.mark] != nil else { return }
            if groups[beat.group] == nil {
                guard groups.count < maximumGroups else { return }
                groups[beat.group] = Array(repeating: 0, count: beat.parts)
            }
            groups[beat.group]?[beat.part] += 1
        }
        var windows: [Group: (part: Int, rhythm: EdgeRhythm)] = [:]
        for (group, counts) in groups {
            if let found = window(group, counts) { windows[group] = found }
        }
        guard !windows.isEmpty else { return [] }
        survey.describe(&windows)
        return windows.values.map(\.rhythm)
    }

    /// The fullest window of a group, if it says something.
    private static func window(_ group: Group, _ counts: [Int]) -> (part: Int, rhythm: EdgeRhythm)? {
        let flows = counts.reduce(0, +)
        guard flows >= FleetFacts.minimumFlows else { return nil }
        var best = (part: 0, count: 0)
        for part in counts.indices {
            let count = counts[part] + counts[(part + 1) % counts.count]
            if count > best.count { best = (part, count) }
        }
        guard isBeyondChance(best.count, of: flows) else { return nil }
        var rhythm = EdgeRhythm(edge: group.edge, kind: group.kind, period: group.period)
        rhythm.flows = flows
        rhythm.together = best.count
        rhythm.window = group.period / Int64(counts.count) * 2
        return (best.part, rhythm)
    }

    /// A quarter of the flows at least, and six standard deviations above a tenth of them: so many a window would hold
    /// of phones that had all begun in the same moment and drawn their first interval at random from 80 to 100 %, the
    /// most that honest phones could show. Chance reaches that once in a billion windows.
    static func isBeyondChance(_ count: Int, of flows: Int) -> Bool {
        let excess = 10 * count - flows
        // (count - n/10)² ≥ 36 · n · 0.1 · 0.9, in whole numbers.
        return count * 4 >= flows && excess > 0 && excess * excess >= 36 * 9 * flows
    }

    private func describe(_ windows: inout [Group: (part: Int, rhythm: EdgeRhythm)]) {
        var agents: [Group: [String: Int]] = [:]
        forEachBeat { index, beat in
            guard let found = windows[beat.group],
                beat.part == found.part || beat.part == (found.part + 1) % beat.parts
            else { return }
            if let agent = ledger.agent(index) {
                agents[beat.group, default: [:]][String(agent.prefix(120)), default: 0] += 1
            }
            windows[beat.group]?.rhythm.lastAt = max(found.rhythm.lastAt, beat.last)
        }
        for (group, counts) in agents {
            let order = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            windows[group]?.rhythm.agents = order.prefix(Self.maximumAgents).map {
                EdgeRhythm.Agent(name: $0.key, flows: $0.value)
            }
        }
    }

    // MARK: Flows

    private func forEachBeat(_ body: (Int, Beat) -> Void) {
        for index in ledger.flows.indices {
            if let beat = keepAlive(index) { body(index, beat) }
            if let beat = refresh(index) { body(index, beat) }
        }
    }

    private func keepAlive(_ index: Int) -> Beat? {
        guard ledger.flows[index].intervals.count >= Self.minimumIntervals, ledger.isPhone(index),
            let interval = ledger.flows[index].intervals.steadyInterval(
                share: Self.steadyShare, percent: Self.steadyPercent, floor: Self.steadyFloor)
        else { return nil }
        // To the second: clocks of phones are that good over an interval, and timers are set in seconds.
        let period = (interval &+ .second / 2) / .second &* .second
        guard period >= .second else { return nil }
        let kind: EdgeRhythm.Kind =
            !ledger.flows[index].everOwed ? .unasked : ledger.flows[index].announced != nil ? .announced : .chosen
        return Beat(
            group: Group(edge: ledger.edge(index), kind: kind, period: period), last: ledger.flows[index].lastPing)
    }

    /// Of refreshes the first and the last answer and their number are known: a phone that does not keep an even pace
    /// has a mean of its own.
    private func refresh(_ index: Int) -> Beat? {
        let requests = ledger.flows[index].registerSuccesses
        guard requests > Self.minimumIntervals, ledger.isPhone(index),
            ledger.flows[index].registrations.count == 1, let registration = ledger.flows[index].registrations.first,
            registration.isBound
        else { return nil }
        let mean = (registration.lastGranted &- registration.firstGranted) / Int64(requests - 1)
        let period = (mean &+ .second / 2) / .second &* .second
        // What comes more often is no refresh.
        guard period >= 60 * .second else { return nil }
        return Beat(
            group: Group(edge: ledger.edge(index), kind: .registration, period: period),
            last: registration.lastGranted)
    }
}
