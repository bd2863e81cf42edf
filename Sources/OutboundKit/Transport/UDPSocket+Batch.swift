import CSockets
import Glibc

/// Many datagrams with one system call, for measuring servers rather than networks.
extension UDPSocket {
    /// Makes `remote` the only peer, which saves a look at the routes for each datagram, and asks for buffers that hold a
    /// window of answers. The host may give smaller ones.
    func connectForBatches() throws(TransportError) {
        var (storage, length) = Self.storage(of: remote)
        guard unsafe Self.rebound(&storage, { unsafe connect(descriptor, $0, length) }) == 0 else {
            throw TransportError(.connect, .udp, remote, errno: errno)
        }
        var size: Int32 = 4 << 20
        for option in [SO_RCVBUF, SO_SNDBUF] {
            _ = unsafe setsockopt(descriptor, SOL_SOCKET, option, &size, socklen_t(MemoryLayout<Int32>.size))
        }
    }

    /// Sends the first `count` pieces of `size` octets.
    /// - Returns: how many went out; none for an ICMP error, which the error queue explains, and for full buffers.
    /// - Throws: what the host refuses for good.
    func sendBatch(_ octets: inout [UInt8], size: Int, count: Int) throws(NetworkError) -> Int {
        precondition(octets.count >= size * count)
        let sent = Int(unsafe sipob_send_batch(descriptor, &octets, size, UInt32(count)))
        guard sent < 0 else { return sent }
        switch errno {
        case EINTR, EAGAIN, ENOBUFS, ENOMEM, ECONNREFUSED, EPROTO, EHOSTUNREACH, ENETUNREACH: return 0
        case let number: throw NetworkError(.local(errno: number), words: TransportError.words(number))
        }
    }

    /// Takes the datagrams that are there, at most `lengths.count`, into pieces of `size` octets; longer ones are cut.
    /// - Returns: how many came.
    func receiveBatch(_ octets: inout [UInt8], size: Int, lengths: inout [UInt32]) -> Int {
        precondition(octets.count >= size * lengths.count)
        return max(
            0, Int(unsafe sipob_receive_batch(descriptor, &octets, size, &lengths, UInt32(lengths.count))))
    }
}

/// Runs a `CapacityMeter` on one socket.
public struct UDPCapacityLoop {
    public enum Ending: Sendable, Hashable {
        case finished
        case interrupted
        case refused(NetworkError)
    }

    public struct Outcome: Sendable {
        public let ending: Ending
        /// From the first request to the last moment at which one could be sent.
        public let elapsed: Duration
        /// Of the whole process in that time, user and system.
        public let processorTime: Duration
    }

    private static let room = 512
    private static let receives = Int(SIPOB_BATCH)

    private let socket: UDPSocket
    private let clock: SystemClock
    private let interruption: Int32?

    /// - Parameter interruption: a descriptor that becomes readable when the measurement shall stop.
    public init(_ socket: UDPSocket, clock: SystemClock, interruption: Int32?) throws(TransportError) {
        self.socket = socket
        self.clock = clock
        self.interruption = interruption
        try socket.connectForBatches()
    }

    /// Sends for `duration`, then waits for what is in flight.
    public func run(_ meter: inout CapacityMeter, for duration: Duration) -> Outcome {
        var requests = [UInt8](repeating: 0, count: CapacityMeter.batch * CapacityMeter.requestLength)
        var answers = [UInt8](repeating: 0, count: Self.receives * Self.room)
        var lengths = [UInt32](repeating: 0, count: Self.receives)
        var entries = [pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)]
        if let interruption { entries.append(pollfd(fd: interruption, events: Int16(POLLIN), revents: 0)) }
        let started = clock.now
        let end = started + duration
        let processorStart = ProcessorTime.now
        var outcome: Outcome?
        var ending = Ending.finished
        var turns = 0
        while true {
            let now = clock.now
            if outcome == nil, now >= end || ending != .finished {
                meter.stop(at: now)
                outcome = Outcome(
                    ending: ending, elapsed: now - started, processorTime: ProcessorTime.now - processorStart)
            }
            let count = meter.due(at: now)
            if let outcome, meter.isFinished || outcome.ending != .finished { return outcome }
            if count > 0 {
                meter.write(count, into: &requests)
                do throws(NetworkError) {
                    let sent = try socket.sendBatch(&requests, size: CapacityMeter.requestLength, count: count)
                    meter.sent(sent, at: now)
                    if sent == 0, let error = socket.nextError(), error.isHard { ending = .refused(error) }
                } catch {
                    ending = .refused(error)
                }
            }
            // While there is something to send nothing is waited for; the interruption is then looked at now and then.
            turns &+= 1
            if count < CapacityMeter.batch || turns % 64 == 0 {
                let limit = outcome == nil ? end : now + CapacityMeter.patience
                let wake = count > 0 && count == CapacityMeter.batch ? now : min(meter.deadline ?? limit, limit)
                if let stop = wait(until: wake, &entries) { ending = stop }
            }
            let came = socket.receiveBatch(&answers, size: Self.room, lengths: &lengths)
            guard came > 0 else { continue }
            let received = clock.now
            unsafe answers.withUnsafeBytes { octets in
                for index in 0..<came {
                    let start = index * Self.room
                    let length = min(Int(lengths[index]), Self.room)
                    let piece = unsafe UnsafeRawBufferPointer(rebasing: octets[start..<start + length])
                    meter.receive(unsafe RawSpan(_unsafeBytes: piece), at: received)
                }
            }
        }
    }

    /// Waits for an answer, the interruption, or a time; says what ends the measurement.
    private func wait(until time: Timestamp, _ entries: inout [pollfd]) -> Ending? {
        let left = max(0, time.nanoseconds(since: clock.now))
        guard unsafe poll(&entries, nfds_t(entries.count), Int32(clamping: (left + 999_999) / 1_000_000)) > 0 else {
            return nil
        }
        if entries.count > 1, entries[1].revents != 0 { return .interrupted }
        if entries[0].revents & Int16(POLLERR) != 0 {
            while let error = socket.nextError() { if error.isHard { return .refused(error) } }
        }
        return nil
    }
}
