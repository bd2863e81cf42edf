/// Captures that are read side by side, each packet in its turn.
struct CapturesInTurn {
    private(set) var captures: [OpenCapture] = []
    /// Of each the time of its next packet: here, for it is asked for at each turn, which nearly always is one packet.
    var times: [Int64] = []

    /// Whose turn it is, up to which time.
    struct Turn {
        let place: Int
        let until: Int64
    }

    mutating func append(_ capture: OpenCapture) {
        captures.append(capture)
        times.append(capture.nextTime)
    }

    mutating func remove(at place: Int) {
        captures.remove(at: place)
        times.remove(at: place)
    }

    /// Copies packets together as long as they lie ready. There must be a capture.
    /// - Parameter beginning: when another capture begins.
    /// - Returns: the turn of a capture that is to be read on; nil when that other one is to be opened first.
    mutating func gather(into merged: inout MergedPackets, before beginning: Int64) -> Turn? {
        while true {
            var (place, next, following) = (0, times[0], Int64.max)
            for other in 1..<times.count {
                if times[other] < next {
                    (place, next, following) = (other, times[other], next)
                } else {
                    following = min(following, times[other])
                }
            }
            if beginning != .max, next >= beginning { return nil }
            // Until the next packet of another capture, or the beginning of one that is not open yet.
            let turn = Turn(place: place, until: max(min(following, beginning), next))
            guard captures.count > 1, captures[place].gather(into: &merged, until: turn.until) else { return turn }
            times[place] = captures[place].nextTime
        }
    }
}
