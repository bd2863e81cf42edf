import Synchronization

/// Flows are judged one by one, so that several threads may share them.
extension Judge {
    /// Where a thread puts what it has found.
    private final class Part: Sendable {
        let findings: Mutex<FindingList>
        init(_ findings: FindingList) { self.findings = Mutex(findings) }
    }

    /// Each thread takes the flows of one stretch; what they find is put together in the order of flows.
    /// - Parameter flowsOfJob: fewer than these are not worth a thread.
    func judgeFlows(
        of ledger: FlowLedger, _ scope: AuditScope, jobs: Int, flowsOfJob: Int = 2000, _ out: inout FindingList
    ) {
        let count = ledger.flows.count
        let jobs = max(1, min(jobs, count / flowsOfJob))
        let bounds = (0...jobs).map { count * $0 / jobs }
        let others = (1..<max(jobs, 1)).map { job in
            let part = Part(FindingList(keeping: out.keeping, maximum: out.maximum))
            let worker = Worker("judge \(job)") {
                var findings = FindingList(keeping: .nothing)
                part.findings.withLock { swap(&$0, &findings) }
                for index in bounds[job]..<bounds[job + 1] { self.judge(ledger.flows[index], scope, &findings) }
                part.findings.withLock { swap(&$0, &findings) }
            }
            return (part, worker)
        }
        for index in 0..<bounds[1] { judge(ledger.flows[index], scope, &out) }
        for (part, worker) in others {
            worker.join()
            out.append(part.findings.withLock { $0 })
        }
    }
}
