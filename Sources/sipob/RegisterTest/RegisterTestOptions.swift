import ArgumentParser
import OutboundKit

/// Checks the options of register-test one by one. Each error names the option; it becomes exit status 64.
enum RegisterTestOptions {
    static func addressOfRecord(_ text: String) throws -> SIPURI {
        let lower = text.lowercased()
        var uri: SIPURI
        do {
            uri = try SIPURI.parse(lower.hasPrefix("sip:") || lower.hasPrefix("sips:") ? text : "sip:\(text)")
        } catch {
            throw ValidationError("'\(text)' is no address-of-record, as in sip:alice@example.com (\(error)).")
        }
        guard let user = uri.user, !user.isEmpty, !uri.host.isEmpty else {
            throw ValidationError(
                "'\(text)' is no address-of-record, as in sip:alice@example.com: it needs user and host.")
        }
        guard uri.password == nil else {
            throw ValidationError("A password does not belong into the address-of-record; use --password-file.")
        }
        // RFC 3261 §10.3 step 5: an AOR in To has no URI parameters.
        uri.parameters = []
        uri.headers = []
        return uri
    }

    static func target(_ aor: SIPURI, _ text: String, edge: String?, registrar: String?) throws -> SIPTarget {
        let (text, option) =
            edge.map { ($0, "--edge") } ?? registrar.map { ($0, "--registrar") } ?? (text, "The address-of-record")
        let target = try SIPTarget(text, option: option, for: .registration)
        // RFC 3261 §26.2.2: each hop of a sips URI is TLS.
        guard aor.scheme != .sips || target.transport.isSecured else {
            throw ValidationError(
                "\(option) '\(text)': a sips: address-of-record goes over TLS only; use sips:, wss: or transport=tls.")
        }
        return target
    }

    static func regID(_ text: String) throws -> RegID {
        do {
            return try RegID.parse(text)
        } catch {
            throw ValidationError("--reg-id '\(text)': it must be a number from 1 to 2147483647.")
        }
    }

    static func instance(_ text: String?) throws -> InstanceID {
        guard let text else { return try InstanceID(urn: "urn:uuid:00000000-0000-0000-0000-000000000000") }
        do {
            return try InstanceID(urn: text)
        } catch {
            throw ValidationError(
                "--instance '\(text)' is no URN, as in urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6 (\(error)).")
        }
    }

    /// Goes into a header field, so it must stay on its line.
    static func username(_ text: String?, _ aor: SIPURI) throws -> String {
        let name = text ?? aor.user ?? ""
        guard !name.isEmpty, name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw ValidationError("--auth-user: a user name is needed, without control characters.")
        }
        return name
    }
}
