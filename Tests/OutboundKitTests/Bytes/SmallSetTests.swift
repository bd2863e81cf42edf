import Testing

@testable import OutboundKit

@Suite struct SmallSetTests {
    /// Few are compared and many are hashed; nobody sees which.
    @Test(arguments: [0, 1, 7, 8, 9, 200]) func containsWhatWasInserted(_ count: Int) {
        var set = SmallSet<Int>()
        #expect(set.isEmpty)
        for number in 0..<count {
            #expect(!set.contains(number))
            for _ in 0..<2 { set.insert(number) }
        }
        #expect(set.isEmpty == (count == 0))
        #expect((-1...count).allSatisfy { set.contains($0) == (0..<count).contains($0) })
    }
}
