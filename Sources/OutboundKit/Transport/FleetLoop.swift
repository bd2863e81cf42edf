import CDatagrams
import Glibc

/// Runs a `FlowFleet` on plain sockets, one a flow, all on the calling thread.
///
/// An event loop of NIO costs a load client as much again as the system calls themselves. Here a message is one `recv`,
/// one turn of the fleet and one `send`.
public struct FleetLoop {
    /// What the process has used, at a change of stages.
    public struct Usage: Sendable {
        public let time: Timestamp
        /// User and system.
        public let processorTime: Duration
    }

    /// What secured flows need.
    public struct Security: Sendable {
        let context: TLSContext
        let name: String?

        /// - Parameters:
        ///   - context: a client's.
        ///   - name: the host as the user named it, for TLS to ask for and to check.
        public init(_ context: TLSContext, name: String?) {
            precondition(context.role == .client)
            self.context = context
            self.name = name
        }
    }

    /// How long a TCP connection may take to come about, with TLS.
    static let patience: Duration = .seconds(10)

    private let clock: SystemClock
    private let interruption: Int32?

    /// - Parameter interruption: a descriptor that has an octet for each time that the fleet shall stop.
    public init(clock: SystemClock, interruption: Int32?) {
        self.clock = clock
        self.interruption = interruption
    }

    /// Runs until the fleet has finished.
    /// - Parameters:
    ///   - security: for `tls` and `wss`.
    ///   - report: what the fleet says, as it says it.
    ///   - tick: called about once a second.
    /// - Returns: why TLS failed on the first flow on which it did.
    /// - Throws: when the host has no epoll.
    public func run(
        _ fleet: inout FlowFleet, security: Security?, report: (FlowFleet.Event, Usage) -> Void,
        tick: (FlowFleet) -> Void
    ) throws(TransportError) -> TLSFailure? {
        var sockets = try FleetSockets(security)
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var events = unsafe [epoll_event](repeating: epoll_event(), count: 256)
        if let interruption { sockets.watch(interruption) }
        fleet.handle(.command(.start), at: clock.now)
        drain(&fleet, &sockets, report)
        var nextTick = clock.now + .seconds(1)
        while fleet.stage != .finished {
            let wake = min(fleet.deadline ?? nextTick, nextTick, sockets.firstTimeLimit ?? nextTick)
            let count = unsafe epoll_wait(
                sockets.epoll, &events, Int32(events.count), milliseconds(until: wake))
            for index in 0..<max(0, Int(count)) {
                let (key, bits) = unsafe (events[index].data.u64, events[index].events)
                if key == FleetSockets.interruptionKey {
                    var octet: UInt8 = 0
                    if let interruption { _ = unsafe read(interruption, &octet, 1) }
                    fleet.handle(.command(.stop), at: clock.now)
                } else if key == FleetSockets.strangerKey {
                    if let source = sockets.hearStranger(&buffer) {
                        fleet.handle(.command(.heardElsewhere(source)), at: clock.now)
                    }
                } else {
                    serve(FlowID(UInt32(truncatingIfNeeded: key)), bits, &fleet, &sockets, &buffer)
                }
                drain(&fleet, &sockets, report)
            }
            let now = clock.now
            sockets.giveUpLate(at: now)
            if let deadline = fleet.deadline, deadline <= now { fleet.handle(.timer, at: now) }
            drain(&fleet, &sockets, report)
            if now >= nextTick {
                tick(fleet)
                nextTick = now + .seconds(1)
            }
        }
        sockets.closeAll()
        return sockets.tlsFailure
    }

    private func serve(
        _ id: FlowID, _ bits: UInt32, _ fleet: inout FlowFleet, _ sockets: inout FleetSockets, _ buffer: inout [UInt8]
    ) {
        if bits & EPOLLOUT.rawValue != 0 || sockets.isConnecting(id) { sockets.writable(id) }
        // An error without anything to read is told by the read as well.
        guard bits & ~EPOLLOUT.rawValue != 0, let descriptor = sockets.descriptor(id) else { return }
        let count = unsafe recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        let number = errno
        guard count > 0 else { return sockets.readNothing(id, count, number) }
        let now = clock.now
        unsafe buffer.withUnsafeBytes { octets in
            let piece = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: octets[..<count]))
            guard sockets.isSecured else { return fleet.receive(piece, on: id, at: now) }
            var inside: [UInt8] = []
            sockets.decrypt(piece, id) { inside += $0 }
            if !inside.isEmpty { unsafe fleet.receive(inside.span.bytes, on: id, at: now) }
        }
    }

    /// Drains the fleet, and tells it what has come of its wishes, until there is nothing of either.
    private func drain(
        _ fleet: inout FlowFleet, _ sockets: inout FleetSockets, _ report: (FlowFleet.Event, Usage) -> Void
    ) {
        repeat {
            while let output = fleet.next() {
                switch output {
                case .send(let bytes, let id): sockets.send(bytes, on: id)
                case .open(let ticket, _, let remote, let local):
                    sockets.open(ticket, fleet.settings.transport, remote, local, at: clock.now)
                case .close(let id, let manner): sockets.close(id, manner)
                case .event(let event):
                    report(event, Usage(time: clock.now, processorTime: ProcessorTime.now))
                }
            }
            guard let input = sockets.takeNews() else { return }
            fleet.handle(input, at: clock.now)
        } while true
    }

    /// Rounded up, so that the deadline has passed when the wait is over.
    private func milliseconds(until deadline: Timestamp) -> Int32 {
        let left = deadline.nanoseconds(since: clock.now)
        return left <= 0 ? 0 : Int32(clamping: (left + 999_999) / 1_000_000)
    }
}

/// What this process has used of the processor, user and system.
enum ProcessorTime {
    static var now: Duration {
        var usage = rusage()
        guard unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return .zero }
        let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
        return .seconds(seconds) + .microseconds(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
    }
}
