/// Finds the outages of edges: many flows lost in a short time that are otherwise lost one by one.
struct OutageSurvey {
    /// A server that is stopped closes its flows at once; what it closes within this is one event.
    private static let fastWindow: Int64 = 10
    /// One that vanishes is missed by each phone at its next keep-alive, after 120 s at the latest, and 10 s more.
    private static let slowWindow: Int64 = 130
    /// Of the flows in use, so many per cent must be lost in a fast window, and in a slow one.
    private static let fastShare = 10
    private static let slowShare = 50
    /// Windows that an outage lasts at most.
    private static let longest: Int64 = 3
    /// Times the losses of an ordinary window that an outage must reach beyond `FleetFacts.minimumFlows`.
    private static let factor: Int64 = 4
    /// Servers that are looked at.
    private static let maximumEdges = 65_536
    /// Candidates looked into for one edge.
    private static let maximumCandidates = 8
    /// A flow that was silent for longer before the outage is not counted as in use.
    private static let silence: Int64 = 900 * .second

    private typealias Tally = EdgeOutage.Losses
    /// How a flow was lost: what of a tally counts it.
    private typealias Loss = WritableKeyPath<Tally, Int>
    private typealias Seconds = [(second: Int64, tally: Tally)]

    private let ledger: FlowLedger
    private var losses: [FleetEdge: [Int64: Tally]] = [:]

    static func outages(of ledger: FlowLedger) -> [EdgeOutage] {
        var survey = OutageSurvey(ledger)
        survey.collect()
        let candidates = survey.candidates()
        guard !candidates.isEmpty else { return [] }
        return survey.confirmed(candidates)
    }

    private init(_ ledger: FlowLedger) { self.ledger = ledger }

    // MARK: Losses

    private mutating func collect() {
        var counts: [FleetEdge: Int] = [:]
        forEachLoss { edge, _, _ in
            if counts[edge] != nil || counts.count < Self.maximumEdges { counts[edge, default: 0] += 1 }
        }
        counts = counts.filter { $0.value >= FleetFacts.minimumFlows }
        guard !counts.isEmpty else { return }
        var losses: [FleetEdge: [Int64: Tally]] = counts.mapValues { _ in [:] }
        forEachLoss { edge, time, loss in
            losses[edge]?[time / .second, default: Tally()][keyPath: loss] += 1
        }
        self.losses = losses
    }

    private func forEachLoss(_ body: (FleetEdge, Int64, Loss) -> Void) {
        for index in ledger.flows.indices {
            guard let (time, loss) = Self.loss(ledger, index), ledger.isPhone(index) else { continue }
            body(ledger.edge(index), time, loss)
        }
        // A phone that registers anew on the same flow brings it back to life; what it had lost is in its history.
        for history in ledger.histories.indices where ledger.histories[history].hasFailure {
            for entry in ledger.histories[history].entries {
                guard case .lost(let cause, _) = entry.what, let loss = Self.loss(cause),
                    let index = ledger.index(of: entry.flow), Self.loss(ledger, index) == nil
                else { continue }
                body(ledger.edge(index), entry.time, loss)
            }
        }
    }

    /// When and how the server's end of the flow at `index` was lost; nil for one that was not, or that the phone ended.
    private static func loss(_ ledger: FlowLedger, _ index: Int) -> (time: Int64, loss: Loss)? {
        if let cause = ledger.flows[index].failure, let loss = loss(cause) {
            return (ledger.flows[index].failedAt, loss)
        }
        guard let closing = ledger.flows[index].closing, ledger.flows[index].closedBy == .fromServer else { return nil }
        switch closing {
        case .fin: return (ledger.flows[index].closedAt, \.fin)
        case .rst: return (ledger.flows[index].closedAt, \.rst)
        case .refused: return nil
        }
    }

    /// A changed address and an error tell of a network or a server that is there.
    private static func loss(_ cause: FlowRecord.Failure) -> Loss? {
        switch cause {
        case .missedPong, .stunTimeout: \.silent
        case .icmp: \.icmp
        case .stunError, .mappedChange, .serverClosed, .clientClosed: nil
        }
    }

    // MARK: Candidates

    private func candidates() -> [FleetEdge: [EdgeOutage]] {
        var found: [FleetEdge: [EdgeOutage]] = [:]
        guard !losses.isEmpty else { return found }
        var begin = ledger.lastTime
        for index in ledger.flows.indices { begin = min(begin, ledger.flows[index].openedAt) }
        let span = max(1, (ledger.lastTime &- begin) / .second)
        for (edge, buckets) in losses {
            let seconds = buckets.map { (second: $0.key, tally: $0.value) }.sorted { $0.second < $1.second }
            let fast = Self.runs(seconds, within: Self.fastWindow)
            let slow = Self.runs(seconds, within: Self.slowWindow)
            var ranges = fast
            for run in slow {
                // What is nearly all in one moment is better told by that moment.
                let sum = Self.sum(seconds, run)
                let inside = fast.filter { run.overlaps($0) }
                guard inside.allSatisfy({ Self.sum(seconds, $0) * 5 < sum * 4 }) else { continue }
                ranges.removeAll { run.overlaps($0) }
                ranges.append(run)
            }
            let all = Int64(Self.sum(seconds, 0..<seconds.count))
            ranges = ranges.filter { range in
                let lost = Int64(Self.sum(seconds, range))
                let length = max(
                    Self.fastWindow, seconds[range.upperBound - 1].second - seconds[range.lowerBound].second + 1)
                let usual = (all - lost) * length / max(1, span - length)
                return lost >= Int64(FleetFacts.minimumFlows) + Self.factor * usual
            }
            ranges.sort { Self.sum(seconds, $0) > Self.sum(seconds, $1) }
            found[edge] = ranges.prefix(Self.maximumCandidates).map { outage(edge, seconds, $0) }
        }
        return found.filter { !$0.value.isEmpty }
    }

    /// Stretches in which enough is lost within `window` seconds, as places in `seconds`.
    private static func runs(_ seconds: Seconds, within window: Int64) -> [Range<Int>] {
        var runs: [Range<Int>] = []
        var start = 0
        var end = 0
        var sum = 0
        while start < seconds.count {
            while end < seconds.count, seconds[end].second < seconds[start].second + window {
                sum += seconds[end].tally.sum
                end += 1
            }
            guard sum >= FleetFacts.minimumFlows else {
                sum -= seconds[start].tally.sum
                start += 1
                continue
            }
            var peak = seconds[start..<end].map(\.tally.sum).max() ?? 0
            // It goes on while losses follow one another closely.
            while end < seconds.count, seconds[end].second - seconds[end - 1].second <= 2,
                seconds[end].tally.sum * 20 >= peak
            {
                peak = max(peak, seconds[end].tally.sum)
                end += 1
            }
            var first = start
            // Flows lost for themselves before are not the begin of it.
            while first + 1 < end, seconds[first].tally.sum * 20 < peak { first += 1 }
            // What goes on and on is how the edge works.
            if seconds[end - 1].second - seconds[first].second < longest * window { runs.append(first..<end) }
            start = end
            sum = 0
        }
        return runs
    }

    private static func sum(_ seconds: Seconds, _ range: Range<Int>) -> Int {
        seconds[range].reduce(0) { $0 + $1.tally.sum }
    }

    private func outage(_ edge: FleetEdge, _ seconds: Seconds, _ range: Range<Int>) -> EdgeOutage {
        let start = seconds[range.lowerBound].second * .second
        let end = (seconds[range.upperBound - 1].second + 1) * .second
        var outage = EdgeOutage(edge: edge, start: start, end: end)
        outage.lost = seconds[range].reduce(Tally()) { $0 + $1.tally }
        outage.watched = min(max(0, ledger.lastTime &- start), EdgeOutage.watch)
        return outage
    }

    // MARK: What was left, and who came back

    private func confirmed(_ candidates: [FleetEdge: [EdgeOutage]]) -> [EdgeOutage] {
        var candidates = candidates
        countAlive(&candidates)
        candidates = candidates.mapValues { outages in
            outages.filter { outage in
                let isFast = outage.end - outage.start <= Self.longest * Self.fastWindow * .second
                return outage.lost.sum * 100 >= outage.alive * (isFast ? Self.fastShare : Self.slowShare)
            }
        }
        var returns = candidates.mapValues { $0.map { OutageReturns($0) } }
        countReturns(&returns)
        return returns.values.flatMap { $0.map(\.counted) }
    }

    private func countAlive(_ candidates: inout [FleetEdge: [EdgeOutage]]) {
        var addresses: [FleetEdge: [(first: IPAddress?, areSeveral: Bool)]] = candidates.mapValues {
            $0.map { _ in (nil, false) }
        }
        for index in ledger.flows.indices where ledger.isPhone(index) {
            let edge = ledger.edge(index)
            guard let outages = candidates[edge] else { continue }
            let loss = Self.loss(ledger, index)?.time
            for (place, outage) in outages.enumerated() {
                let isLost = loss.map { $0 >= outage.start && $0 < outage.end } ?? false
                let isOpen =
                    ledger.flows[index].openedAt < outage.start
                    && ledger.flows[index].lastSeen >= outage.start &- Self.silence
                    && (ledger.flows[index].closing == nil || ledger.flows[index].closedAt >= outage.start)
                if isOpen || isLost { candidates[edge]?[place].alive += 1 }
                guard isLost else { continue }
                let address = ledger.flows[index].client.ip
                if let first = addresses[edge]?[place].first {
                    if first != address { addresses[edge]?[place].areSeveral = true }
                } else {
                    addresses[edge]?[place].first = address
                }
            }
        }
        for (edge, list) in addresses {
            for (place, seen) in list.enumerated() {
                candidates[edge]?[place].onlyAddress = seen.areSeveral ? nil : seen.first
                // A flow on which a phone registered anew is told of as often as it was lost.
                guard let outage = candidates[edge]?[place] else { continue }
                candidates[edge]?[place].alive = max(outage.alive, outage.lost.sum)
            }
        }
    }

    private func countReturns(_ returns: inout [FleetEdge: [OutageReturns]]) {
        for history in ledger.histories.indices {
            let entries = ledger.histories[history].entries
            var hasReturned: Set<Int> = []
            for entry in entries {
                guard case .attempt = entry.what else { continue }
                guard let index = ledger.index(of: entry.flow), let outages = returns[ledger.edge(index)] else {
                    continue
                }
                for place in outages.indices where outages[place].watches(entry.time) {
                    let isFirst = hasReturned.insert(place).inserted
                    returns[ledger.edge(index)]?[place].note(entry.time, isFirst: isFirst)
                }
            }
        }
        // Phones without an instance-id have no history, but each new connection of theirs is a flow.
        for index in ledger.flows.indices where ledger.isPhone(index) {
            guard ledger.flows[index].opening.kind == .handshake,
                ledger.flows[index].registrations.allSatisfy({ $0.bindingKey == 0 }),
                let outages = returns[ledger.edge(index)]
            else { continue }
            let time = ledger.flows[index].openedAt
            for place in outages.indices where outages[place].watches(time) {
                returns[ledger.edge(index)]?[place].note(time, isFirst: true)
            }
        }
    }
}

/// Counts who comes back after an outage, a second a bucket.
private struct OutageReturns {
    private let outage: EdgeOutage
    private var firsts: [Int]
    private var attempts: [Int]

    init(_ outage: EdgeOutage) {
        self.outage = outage
        firsts = Array(repeating: 0, count: Int(EdgeOutage.watch / .second) + 1)
        attempts = firsts
    }

    func watches(_ time: Int64) -> Bool { time >= outage.start && time <= outage.start &+ EdgeOutage.watch }

    mutating func note(_ time: Int64, isFirst: Bool) {
        let bucket = Int((time &- outage.start) / .second)
        attempts[bucket] += 1
        if isFirst { firsts[bucket] += 1 }
    }

    var counted: EdgeOutage {
        var outage = outage
        outage.returned = firsts.reduce(0, +)
        outage.attempts = attempts.reduce(0, +)
        outage.peak = attempts.max() ?? 0
        outage.peakAt = outage.start &+ Int64(attempts.firstIndex(of: outage.peak) ?? 0) &* .second
        outage.densest = zip(firsts, firsts.dropFirst()).map(+).max() ?? 0
        outage.half = moment(of: (outage.returned + 1) / 2)
        outage.mostly = moment(of: (outage.returned * 9 + 9) / 10)
        return outage
    }

    /// The end of the second in which so many had begun.
    private func moment(of count: Int) -> Int64 {
        var sum = 0
        for (second, number) in firsts.enumerated() {
            sum += number
            if sum >= count, count > 0 { return Int64(second + 1) * .second }
        }
        return 0
    }
}
