/// All cases, group by group.
public enum CaseCatalogue {
    public static let all: [TestCase] = [
        registration, bindings, instance, path, answers, keepAlive, stun, webSocket, timer, delivery, forking, dialog, token,
        failure, gruu, digest, robustness,
    ].flatMap { $0 }

    /// The case of that id, or nil.
    public static subscript(id: String) -> TestCase? { all.first { $0.id == id } }
}
