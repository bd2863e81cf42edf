import Glibc

/// Runs probers on plain sockets, all on the calling thread, until each has finished.
public struct UDPSocketLoop {
    public enum Ending: Sendable, Hashable {
        case finished
        case interrupted
    }

    private let sockets: [UDPSocket]
    private let clock: SystemClock
    private let interruption: Int32?

    /// - Parameters:
    ///   - sockets: one for each prober, in the same order.
    ///   - interruption: a descriptor that becomes readable when the probers shall stop.
    public init(_ sockets: [UDPSocket], clock: SystemClock, interruption: Int32?) {
        self.sockets = sockets
        self.clock = clock
        self.interruption = interruption
    }

    /// - Parameter report: called with the index of the prober and what it says, in order.
    public func run<Probe: DatagramProbe>(_ probers: inout [Probe], report: (Int, Probe.Event) -> Void) -> Ending {
        precondition(probers.count == sockets.count)
        var entries = sockets.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        if let interruption { entries.append(pollfd(fd: interruption, events: Int16(POLLIN), revents: 0)) }
        for index in probers.indices {
            probers[index].handle(.start, at: clock.now)
            drain(&probers[index], index, report)
        }
        var turns = 0
        while true {
            var deadline: Timestamp?
            var isRunning = false
            for index in probers.indices where !probers[index].isFinished {
                isRunning = true
                guard let next = probers[index].deadline else { continue }
                deadline = deadline.map { min($0, next) } ?? next
            }
            guard isRunning else { return .finished }
            // Every 64th time round the interruption is looked at all the same.
            turns &+= 1
            if sockets.count == 1, turns % 64 != 0, probers[0].isAwaitingAnswer, let deadline,
                deadline >= clock.now + UDPSocket.patience, receive(&probers[0], 0, waits: true, report)
            {
                continue
            }
            // SIGINT may end the wait as well; its descriptor is then looked at below.
            let ready = unsafe poll(&entries, nfds_t(entries.count), milliseconds(until: deadline))
            if interruption != nil, ready > 0, entries[entries.count - 1].revents != 0 {
                stop(&probers, report)
                return .interrupted
            }
            for index in probers.indices where !probers[index].isFinished {
                if ready > 0 { serve(&probers[index], index, entries[index].revents, report) }
                // The clock is not read for a timer that an answer has just taken away.
                guard let deadline = probers[index].deadline else { continue }
                let now = clock.now
                guard now >= deadline else { continue }
                probers[index].handle(.timer, at: now)
                drain(&probers[index], index, report)
            }
        }
    }

    private func serve<Probe: DatagramProbe>(
        _ prober: inout Probe, _ index: Int, _ events: Int16, _ report: (Int, Probe.Event) -> Void
    ) {
        if events & Int16(POLLIN) != 0 { _ = receive(&prober, index, waits: false, report) }
        if events & Int16(POLLERR) != 0 {
            while let error = sockets[index].nextError() {
                prober.handle(.networkError(error), at: clock.now)
                drain(&prober, index, report)
            }
        }
    }

    /// False when no datagram was there.
    private func receive<Probe: DatagramProbe>(
        _ prober: inout Probe, _ index: Int, waits: Bool, _ report: (Int, Probe.Event) -> Void
    ) -> Bool {
        let socket = sockets[index]
        let came: Void? = socket.receive(waits: waits, clock: clock) { octets, source, now in
            if source == socket.remote {
                prober.receive(octets, on: FlowID(UInt32(index)), at: now)
            } else {
                prober.receive(octets, from: source, at: now)
            }
        }
        drain(&prober, index, report)
        return came != nil
    }

    private func drain<Probe: DatagramProbe>(_ prober: inout Probe, _ index: Int, _ report: (Int, Probe.Event) -> Void)
    {
        while let output = prober.next() {
            switch output {
            case .send(let octets, _):
                let now = clock.now
                if let error = sockets[index].send(octets) {
                    prober.handle(.networkError(error), at: clock.now)
                } else {
                    prober.handle(.sent, at: now)
                }
            case .event(let event):
                report(index, event)
            }
        }
    }

    private func stop<Probe: DatagramProbe>(_ probers: inout [Probe], _ report: (Int, Probe.Event) -> Void) {
        for index in probers.indices {
            probers[index].handle(.stop, at: clock.now)
            drain(&probers[index], index, report)
        }
    }

    /// Rounded up, so that the deadline has passed when the wait is over.
    private func milliseconds(until deadline: Timestamp?) -> Int32 {
        guard let deadline else { return -1 }
        let left = deadline.nanoseconds(since: clock.now)
        return left <= 0 ? 0 : Int32(clamping: (left + 999_999) / 1_000_000)
    }
}
