/// Flow-Timer as it is announced and as it is kept (RFC 5626 §4.4, §5.4). `flow-timer` runs them at once.
extension CaseCatalogue {
    static let timer: [TestCase] = [timerHeader, timerKept, timerAnswered, timerIdle]

    /// What the suite waits for at most; longer timers are for `flow-timer`.
    private static let longest: UInt64 = 60

    static let timerHeader = TestCase(
        "timer.header", "Flow-Timer is one number, and comes with Require: outbound alone",
        ["OB-FT-001", "OB-FT-002"]
    ) { bed throws(CaseStop) in
        let (_, reply) = try await bed.registeredPhone()
        bed.judgeHeader(reply)
    }

    static let timerKept = TestCase(
        "timer.kept", "A flow that is kept alive at 80 to 100 % of Flow-Timer stays up", ["OB-FT-006"],
        needs: [.outbound, .flowTimer, .stream], within: .seconds(200)
    ) { bed throws(CaseStop) in
        try bed.refuseLongTimer(longest)
        let (trial, _) = try await FlowTimerTrial.run([.kept], periods: 2, on: &bed)
        bed.judgeKept(trial)
    }

    static let timerAnswered = TestCase(
        "timer.answered", "Each keep-alive of a registered flow is answered in time", ["OB-KA-010"],
        needs: [.outbound, .flowTimer, .stream], within: .seconds(200)
    ) { bed throws(CaseStop) in
        try bed.refuseLongTimer(longest)
        let (trial, _) = try await FlowTimerTrial.run([.kept], periods: 1.2, on: &bed)
        bed.judgeAnswers(trial)
    }

    static let timerIdle = TestCase(
        "timer.idle", "A flow without keep-alives lives longer than Flow-Timer, or than phones by themselves need",
        ["OB-FT-006", "OB-FT-010", "OB-KA-008"], needs: [.outbound, .stream], within: .seconds(200)
    ) { bed throws(CaseStop) in
        try bed.refuseLongTimer(longest)
        let isPromised = bed.survey.flowTimer != nil
        // Without Flow-Timer phones ping every 95 to 120 s; a server that counts on less closes early, as a rule.
        let (trial, _) = try await FlowTimerTrial.run([.idle], periods: isPromised ? 1.1 : 0.5, on: &bed)
        bed.judgeIdle(trial)
    }
}

extension TestBed {
    fileprivate func refuseLongTimer(_ longest: UInt64) throws(CaseStop) {
        guard let timer = survey.flowTimer, timer > longest else { return }
        throw .skipped("Flow-Timer is \(timer) s; sipob flow-timer takes the time")
    }
}
