/// The registrations of one flow, in the order of their first REGISTER. Nearly every flow has one, which stands in the
/// flow's record.
public struct FlowRegistrations: RandomAccessCollection, Sendable {
    private var only: FlowRegistration?
    private var further: [FlowRegistration] = []

    init() {}

    public var startIndex: Int { 0 }
    public var endIndex: Int { only == nil ? 0 : 1 + further.count }

    public internal(set) subscript(index: Int) -> FlowRegistration {
        @inline(__always) _read {
            if index == 0, only != nil {
                yield only!
            } else {
                yield further[index - 1]
            }
        }
        @inline(__always) _modify {
            if index == 0, only != nil {
                yield &only!
            } else {
                yield &further[index - 1]
            }
        }
    }

    public var first: FlowRegistration? { only }

    // The ones of the standard library, and the subscript, go through a coroutine that costs an allocation each time.

    /// Reads one in place.
    @inline(__always)
    func with<Result>(_ index: Int, _ body: (FlowRegistration) -> Result) -> Result {
        index == 0 && only != nil ? body(only!) : body(further[index - 1])
    }

    /// Changes one in place.
    @inline(__always)
    mutating func update<Result>(_ index: Int, _ body: (inout FlowRegistration) -> Result) -> Result {
        index == 0 && only != nil ? body(&only!) : body(&further[index - 1])
    }

    public func first(where matches: (FlowRegistration) -> Bool) -> FlowRegistration? {
        guard only != nil else { return nil }
        return matches(only!) ? only : further.first(where: matches)
    }

    public func firstIndex(where matches: (FlowRegistration) -> Bool) -> Int? {
        guard only != nil else { return nil }
        return matches(only!) ? 0 : further.firstIndex(where: matches).map { $0 + 1 }
    }

    public func contains(where matches: (FlowRegistration) -> Bool) -> Bool {
        guard only != nil else { return false }
        return matches(only!) || further.contains(where: matches)
    }

    public var isEmpty: Bool { only == nil }

    mutating func append(_ registration: FlowRegistration) {
        if only == nil { only = registration } else { further.append(registration) }
    }
}
