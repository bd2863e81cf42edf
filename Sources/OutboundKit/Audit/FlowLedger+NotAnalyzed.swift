/// What a ledger keeps only so many of.
extension FlowLedger {
    var notAnalyzed: [NotAnalyzed] {
        // What is stored is asked for first: for the rest a record is copied.
        let crowded = flows.indices.count {
            flows[$0].registrations.count >= FlowRecord.maximumRegistrations && flows[$0].hasUnkeptRegistrations
        }
        guard crowded > 0 else { return [] }
        return [
            NotAnalyzed(
                what: "flows with more registrations than are kept", count: crowded,
                why:
                    "only the first \(FlowRecord.maximumRegistrations) of a flow are followed: refusals of the others, and when the last one is gone, do not show"
            )
        ]
    }
}
