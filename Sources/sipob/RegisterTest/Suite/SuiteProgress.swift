import Glibc
import OutboundKit
import Synchronization

/// Prints each case as it ends and, on a terminal, what is running.
final class SuiteProgress: Sendable {
    private struct State {
        var group: CaseGroup?
        var done = 0
    }

    private let text: SuiteText
    private let isSilent: Bool
    private let total: Int
    private let isShown: Bool
    private let state = Mutex(State())

    /// - Parameters:
    ///   - isSilent: results are printed by somebody else, at the end.
    ///   - isShown: standard error is a terminal, on which a line of progress may come and go.
    init(text: SuiteText, isSilent: Bool, total: Int, isShown: Bool) {
        self.text = text
        self.isSilent = isSilent
        self.total = total
        self.isShown = isShown
    }

    func hear(_ event: SuiteEvent) {
        switch event {
        case .surveyed(let survey):
            if !isSilent { for line in text.survey(survey) { Terminal.print(line) } }
        case .began(let one):
            guard isShown else { return }
            let done = state.withLock { $0.done }
            line("\(done + 1)/\(total) \(one.id)")
        case .ended(let result):
            line("")
            let isNewGroup = state.withLock { state in
                state.done += 1
                defer { state.group = result.testCase.group }
                return state.group != result.testCase.group
            }
            guard !isSilent else { return }
            var lines = isNewGroup ? result.testCase.group.map(text.group) ?? [] : []
            lines += text.result(result)
            for one in lines { Terminal.print(one) }
        }
    }

    func end() { line("") }

    /// Replaces the line of progress.
    private func line(_ text: String) {
        if isShown { Terminal.progress(text) }
    }
}
