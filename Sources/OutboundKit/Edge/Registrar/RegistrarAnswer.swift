/// What a registrar answers to one REGISTER, and what it did.
public struct RegistrarAnswer: Sendable {
    /// One header field beyond those that every response copies from its request.
    public struct Field: Sendable {
        public let name: HeaderName
        public let value: String

        init(_ name: HeaderName, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public let status: UInt16
    public let reason: String
    /// In the order in which they are to stand; several fields may have one name.
    public internal(set) var fields: [Field]
    /// To be stored before the answer is sent; empty unless `RegistrarSettings.isStored`. When storing fails,
    /// `Registrar.undo` takes them back and the answer is `.storageFailed`.
    public internal(set) var changes: [BindingChange] = []
    /// Until when the longest-lived of the bindings lives that were made or refreshed; nil without any.
    var boundUntil: Timestamp?
    /// What the AOR had before, for `Registrar.undo`; nil for an answer that changed nothing, or cannot be undone.
    var before: BindingTable.Before?

    init(_ status: UInt16, _ reason: String, _ fields: [Field] = []) {
        self.status = status
        self.reason = reason
        self.fields = fields
    }

    /// The answer when the changes could not be stored (RFC 3261 §10.3 step 7). Mostly another program holds the file, and
    /// not for long.
    public static let storageFailed = RegistrarAnswer(
        500, "Bindings Cannot Be Stored", [Field(.retryAfter, "5")])

    /// Whether outbound was granted: the answer has `Require: outbound`, and a Flow-Timer may be added (RFC 5626 §5.4).
    public internal(set) var grantsOutbound = false

    /// Appends the fields as lines of a message.
    public func append(to octets: inout [UInt8]) {
        for field in fields {
            field.name.text.withUTF8Buffer { unsafe octets.append(contentsOf: $0) }
            octets.append(ASCII.colon)
            octets.append(ASCII.space)
            octets.append(contentsOf: field.value.utf8)
            octets.append(ASCII.cr)
            octets.append(ASCII.lf)
        }
    }
}

/// Where requests to a URI go.
public enum Location: Sendable {
    /// No such user, or a GRUU that was never given or is void: 404.
    case unknown
    /// The user or the GRUU is known and has no Contact now: 480 (RFC 5627 §6.1).
    case gone
    /// One element an instance, in the order of their preference; a binding without instance is one of its own. Each
    /// holds the instance's bindings in the order to try them, the most recent first. No two of one element may be
    /// tried at a time (RFC 5626 §7), and the next only after 408, 430 or the end of the flow.
    case instances([[Binding]])
}
