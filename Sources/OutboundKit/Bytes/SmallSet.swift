/// A set that has few elements nearly always, and is asked often: to compare a handful takes less than one hash.
struct SmallSet<Element: Hashable & Sendable>: Sendable {
    private static var most: Int { 8 }

    private var few: [Element] = []
    /// All of them, once they are more.
    private var many: Set<Element> = []

    var isEmpty: Bool { few.isEmpty }

    mutating func insert(_ element: Element) {
        guard !contains(element) else { return }
        if few.count < Self.most {
            few.append(element)
        } else {
            if many.isEmpty { many = Set(few) }
            many.insert(element)
        }
    }

    @inline(__always)
    func contains(_ element: Element) -> Bool {
        many.isEmpty ? few.contains(element) : many.contains(element)
    }
}
