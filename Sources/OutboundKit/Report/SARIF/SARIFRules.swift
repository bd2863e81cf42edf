/// The rules that the results of a run go by: requirements, and the diagnosis of what breaks none.
struct SARIFRules {
    private let requirements: [Requirement.ID]
    private let diagnoses: [Diagnosis.ID]
    private var places: [String: Int] = [:]

    init(_ findings: some Sequence<Finding>) {
        requirements = Set(findings.compactMap(\.requirement)).sorted()
        diagnoses = Set(findings.filter { $0.requirement == nil }.compactMap(\.diagnosis)).sorted()
        for (place, rule) in (requirements.map(\.text) + diagnoses.map(\.text)).enumerated() { places[rule] = place }
    }

    /// Nil for a finding that was not among those it was made of.
    func index(of finding: Finding) -> Int? { places[finding.rule] }

    func write(_ json: inout JSONWriter) {
        for id in requirements { SARIFLog.rule(&json, id) }
        for id in diagnoses { SARIFLog.rule(&json, id) }
    }
}
