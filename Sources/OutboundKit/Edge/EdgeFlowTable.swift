/// The flows of an edge by their ids, with the words of a `Dictionary`, whose values can only be read by copying: a look
/// at one field of an `EdgeFlow` would retain and release every array in it, several times a message.
struct EdgeFlowTable: Sendable {
    private var places: [FlowID: Int] = [:]
    /// In the order of `values`.
    private(set) var keys: [FlowID] = []
    /// Flows are changed in place; a place is good until a flow is added or taken out.
    var values: [EdgeFlow] = []

    var count: Int { values.count }

    func index(forKey id: FlowID) -> Int? { places[id] }

    /// All of a flow, copied. nil takes it out.
    subscript(id: FlowID) -> EdgeFlow? {
        get { places[id].map { values[$0] } }
        set {
            guard let newValue else {
                removeValue(forKey: id)
                return
            }
            if let place = places[id] {
                values[place] = newValue
            } else {
                places[id] = values.count
                keys.append(id)
                values.append(newValue)
            }
        }
    }

    /// The last flow takes the place of the one that goes, so that there are no holes.
    @discardableResult
    mutating func removeValue(forKey id: FlowID) -> EdgeFlow? {
        guard let place = places.removeValue(forKey: id) else { return nil }
        let flow = values[place]
        values.swapAt(place, values.count - 1)
        keys.swapAt(place, keys.count - 1)
        values.removeLast()
        keys.removeLast()
        if place < keys.count { places[keys[place]] = place }
        return flow
    }
}
