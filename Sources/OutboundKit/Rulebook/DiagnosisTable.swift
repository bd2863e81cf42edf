/// The catalogue of what goes wrong in the field, in its order. Built on first use.
public enum DiagnosisTable {
    public static let all: [Diagnosis] = DX_KA + DX_STUN + DX_FT + DX_REG + DX_TOK + CFG_Server + CFG_Roles

    private static let index: [Diagnosis.ID: Int] = Dictionary(
        all.enumerated().map { ($0.element.id, $0.offset) }, uniquingKeysWith: { first, _ in first })

    private static let byRequirement: [Requirement.ID: [Diagnosis.ID]] = Dictionary(
        grouping: all.flatMap { row in row.requirements.map { (requirement: $0, diagnosis: row.id) } },
        by: \.requirement
    ).mapValues { $0.map(\.diagnosis) }

    /// The row of that id, or nil.
    public static subscript(id: Diagnosis.ID) -> Diagnosis? { index[id].map { all[$0] } }

    /// The diagnoses that may lie behind a violation of `requirement`, in the catalogue's order.
    public static func behind(_ requirement: Requirement.ID) -> [Diagnosis.ID] { byRequirement[requirement] ?? [] }
}
