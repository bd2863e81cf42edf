import ArgumentParser
import OutboundKit

/// As whom, and through which servers, a command registers.
struct AccountOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("The address-of-record, as in sip:alice@example.com.", valueName: "aor"))
    var addressOfRecord: String?

    @Option(
        name: .customLong("edge"), parsing: .singleValue,
        help: ArgumentHelp(
            "Go through this edge proxy: a SIP or SIPS URI, ws:// or wss://; else straight to the AOR's host.",
            valueName: "uri"))
    var edges: [String] = []

    @Option(
        help: ArgumentHelp("Go straight to this registrar instead of the AOR's host.", valueName: "uri"))
    var registrar: String?

    @Option(help: ArgumentHelp("The instance-id; else the one kept in ~/.config/sipob/instance.", valueName: "urn"))
    var instance: String?

    @Option(help: ArgumentHelp("Ask for a binding of so many seconds.", valueName: "seconds"))
    var expires: UInt32 = 600

    @Option(
        name: .customLong("auth-user"),
        help: ArgumentHelp("User name for challenges; else the AOR's.", valueName: "name"))
    var authUser: String?

    @Option(help: ArgumentHelp("File whose first line is the password.", valueName: "file"))
    var passwordFile: String?

    @Option(help: ArgumentHelp("The local address to use, with an optional port.", valueName: "address[:port]"))
    var bind: String?

    @Flag(name: .customShort("4"), help: "Use IPv4 only.")
    var onlyIPv4 = false

    @Flag(name: .customShort("6"), help: "Use IPv6 only.")
    var onlyIPv6 = false

    @Option(
        help: ArgumentHelp(
            "Wait so long for a final answer (default: 32; 8 in the cases of --suite and flow-timer).",
            valueName: "seconds"))
    var timeout: Double?

    func validate() throws {
        guard !(onlyIPv4 && onlyIPv6) else { throw ValidationError("Give -4 or -6, not both.") }
        guard timeout ?? 1 >= 0.1, timeout ?? 1 <= 3600 else {
            throw ValidationError("--timeout must lie between 0.1 and 3600 seconds.")
        }
        guard expires > 0 else { throw ValidationError("--expires 0 would remove a binding, not make one.") }
    }

    /// For `OutputFiles`.
    var read: [OutputFiles.Group] {
        [
            ("the file of --password-file", [passwordFile]),
            ("the instance-id of earlier runs", [instance == nil ? InstanceStore.path : nil]),
        ]
    }

    /// The local end and the family, which must fit each other.
    func localEnd() throws -> (TransportAddress?, AddressFamily) {
        let local = try bind.map { try LocalEnd($0).address }
        let family: AddressFamily = onlyIPv4 ? .ipv4 : onlyIPv6 ? .ipv6 : .any
        if let local, !family.admits(local.ip) {
            throw ValidationError("--bind '\(local.ip)' is no address of the family that -4 or -6 asks for.")
        }
        return (local, family)
    }

    /// The options put together for many registrations. `instance` and passwords may be missing while they are only
    /// checked.
    func suiteRequest(
        instance stored: InstanceID?, password: Password?, otherUser: String? = nil, otherPassword: Password? = nil,
        isStrict: Bool
    ) throws -> SuiteRequest {
        let aor = try RegisterTestOptions.addressOfRecord(addressOfRecord ?? "")
        let (local, family) = try localEnd()
        return SuiteRequest(
            addressOfRecord: aor,
            edges: try edges.map { try RegisterTestOptions.target(aor, "", edge: $0, registrar: nil) },
            registrar: try registrar.map { try RegisterTestOptions.target(aor, "", edge: nil, registrar: $0) },
            instance: try stored ?? RegisterTestOptions.instance(instance), expiresSeconds: expires, local: local,
            family: family, patience: timeout.map { .milliseconds(Int64($0 * 1000)) },
            username: try RegisterTestOptions.username(authUser, aor), password: password,
            otherUser: try otherUser.map(RegisterTestOptions.addressOfRecord), otherPassword: otherPassword,
            isStrict: isStrict)
    }

    /// The instance-id that was given, or the one that is kept.
    func loadInstance() throws -> InstanceID? {
        if let instance { return try RegisterTestOptions.instance(instance) }
        let stored = InstanceStore.load()
        if let note = stored.note { Terminal.complain(note) }
        return stored.instance
    }
}
