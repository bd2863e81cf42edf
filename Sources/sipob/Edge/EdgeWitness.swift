import OutboundKit
import Synchronization

/// Hears what the edge reports, on the driver's thread: flow events go to the judge and to standard output, notes to
/// standard error, and bindings that ended by themselves to the store.
final class EdgeWitness: Sendable {
    private let sink: Mutex<AuditSink>?
    private let trace: FlowTrace?
    private let traceOutput = TraceOutput()
    private let store: EdgeStore?
    private let isQuiet: Bool

    /// - Parameters:
    ///   - judges: keeps what is needed to judge every phone.
    ///   - trace: prints every message; nil for none.
    init(judges: Bool, trace: FlowTrace?, store: EdgeStore?, isQuiet: Bool) {
        var settings = AuditSettings()
        settings.vantage = .edge
        sink =
            judges
            ? Mutex(AuditSink(settings: settings, timelines: .allFlows, judgesExchanges: true, firstHop: .edge)) : nil
        self.trace = trace
        self.store = store
        self.isQuiet = isQuiet
    }

    func hear(_ event: EdgeEvent) {
        switch event {
        case .observed(let event):
            sink?.withLock { $0.observe(event) }
            if let trace { traceOutput.print(trace.lines(event)) }
        case .ended(let flow, let time): sink?.withLock { $0.end(flow, at: time) }
        case .bindings(let changes):
            // What has ended and is still stored expires by itself.
            _ = store?.apply(changes)
        case .note(let note):
            if !isQuiet || note.level == .warning { Terminal.complain(note.description) }
        }
    }

    func hear(_ notice: HubNotice) {
        guard !isQuiet else { return }
        switch notice {
        case .refused(let remote, let connections):
            Terminal.complain("refused a connection from \(remote): \(connections) are open, which is the limit")
        case .tlsFailed(let transport, let remote, let failure):
            Terminal.complain("\(transport) with \(remote) came to nothing: \(failure)")
        case .overflowed(let flow):
            Terminal.complain("\(flow): reset, because the peer did not read what was sent")
        case .notAccepted(let reason):
            Terminal.complain(
                "connections wait that cannot be accepted: \(reason); this process may have "
                    + "\(OpenFiles.limit.map { "\($0)" } ?? "few") open files (ulimit -n)")
        case .datagramsDropped(let count):
            Terminal.complain("the host's buffers were full: \(counted(count, "datagram")) not sent")
        case .tlsEstablished(_, let info):
            if let complaint = info.complaint {
                Terminal.complain("TLS peer not verified (--insecure): \(complaint)")
            }
        }
    }

    /// Nothing more is to be heard.
    func finish() { if trace != nil { traceOutput.finish() } }

    /// What was seen so far, brought to an end as if the edge closed its flows at `now`: it was there until then, and what
    /// it has not seen did not come.
    func conclude(at now: Timestamp) -> AuditSink? {
        guard var sink = sink?.withLock({ $0 }) else { return nil }
        sink.advance(to: now)
        sink.finish(endsFlows: true)
        return sink
    }
}
