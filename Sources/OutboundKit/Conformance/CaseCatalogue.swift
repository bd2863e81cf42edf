/// All cases, group by group.
public enum CaseCatalogue {
    public static let all: [TestCase] = keepAlive + stun + webSocket + timer + digest + robustness

    /// The case of that id, or nil.
    public static subscript(id: String) -> TestCase? { all.first { $0.id == id } }
}
