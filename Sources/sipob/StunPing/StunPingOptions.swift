import ArgumentParser
import OutboundKit

/// What stun-ping sends, beside the options of every ping.
struct StunPingOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("Time before the first retransmission.", valueName: "ms"))
    var rto = 500

    @Option(name: .long, help: ArgumentHelp("Requests of one ping in all.", valueName: "n"))
    var rc = 7

    @Option(name: .long, help: ArgumentHelp("Wait this many times the RTO after the last request.", valueName: "n"))
    var rm = 16

    @Option(
        name: .long,
        help: ArgumentHelp("Add SOFTWARE to the requests, which else have no attribute.", valueName: "text"))
    var software: String?

    @Flag(name: .long, help: "Add FINGERPRINT to the requests.")
    var fingerprint = false

    @Flag(name: .customLong("cookie-less"), help: "Probe as RFC 3489 clients do, without the magic cookie.")
    var cookieless = false

    @Flag(
        name: .long, help: "Also test how the server treats unknown attributes and FINGERPRINT (three more requests).")
    var conformance = false

    @Flag(
        name: .long,
        help:
            "Also send SIP OPTIONS from the same socket: are STUN and SIP served on one port, and do both see one address?"
    )
    var sipCheck = false

    func validate() throws {
        guard STUNTiming.rtoRange.contains(.milliseconds(rto)) else {
            throw ValidationError("--rto \(rto): 1 to 3600000 ms.")
        }
        guard STUNTiming.rcRange.contains(rc) else { throw ValidationError("--rc \(rc): 1 to 16.") }
        guard STUNTiming.rmRange.contains(rm) else { throw ValidationError("--rm \(rm): 1 to 1024.") }
        if let software, software.utf8.count > 508 || software.isEmpty {
            throw ValidationError("--software: 1 to 508 octets.")
        }
    }

    var timing: STUNTiming { STUNTiming(rto: .milliseconds(rto), rc: rc, rm: rm) }

    func settings(_ schedule: ProbeSchedule) -> STUNProber.Settings {
        var settings = STUNProber.Settings()
        settings.schedule = schedule
        settings.timing = timing
        settings.software = software
        settings.fingerprint = fingerprint
        settings.cookieless = cookieless
        settings.conformance = conformance
        return settings
    }
}
