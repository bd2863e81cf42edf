import Testing

/// Suites that keep a machine busy for seconds take turns, so that each has the time it counts on.
struct OneAtATime: SuiteTrait, TestScoping {
    private actor Turn {
        private var isTaken = false
        private var waiting: [CheckedContinuation<Void, Never>] = []

        func take() async {
            if !isTaken {
                isTaken = true
            } else {
                await withCheckedContinuation { waiting.append($0) }
            }
        }

        /// The turn goes to who has waited longest.
        func give() {
            if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
        }
    }

    private static let turn = Turn()

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        await Self.turn.take()
        do {
            try await function()
        } catch {
            await Self.turn.give()
            throw error
        }
        await Self.turn.give()
    }
}

extension Trait where Self == OneAtATime {
    static var oneAtATime: Self { Self() }
}
