/// All cases, group by group.
public enum CaseCatalogue {
    public static let all: [TestCase] = {
        let lists = [
            registration, bindings, instance, path, answers, keepAlive, stun, webSocket, timer, delivery, forking,
            dialog,
            token, failure, gruu, digest, robustness,
        ]
        let cases = lists.flatMap { $0 }
        return CaseGroup.allCases.flatMap { group in cases.filter { $0.group == group } }
    }()

    /// The case of that id, or nil.
    public static subscript(id: String) -> TestCase? { all.first { $0.id == id } }
}
