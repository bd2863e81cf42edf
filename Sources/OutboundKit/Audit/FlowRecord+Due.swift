extension FlowRecord {
    /// The longest interval between keep-alives that was asked for last, in nanoseconds: the announced number, else the
    /// default of the transport (RFC 5626 §4.4.1, §4.4.2). Nil where no keep-alives were owed at any time.
    var longestDue: Int64? {
        guard everOwed else { return nil }
        guard let announced else { return isStream ? KeepAliveDuty.streamLimit : KeepAliveDuty.datagramLimit }
        let (nanoseconds, overflow) = Int64(clamping: announced).multipliedReportingOverflow(by: .second)
        return overflow ? nil : nanoseconds
    }
}
