import ArgumentParser
import OutboundKit

/// How TLS connections are made and checked, for every command that makes some.
struct TLSOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "PEM file of the certificates that vouch for the server; else the system's trust store.", valueName: "file")
    )
    var caFile: String?

    @Option(
        name: .long,
        help: ArgumentHelp("Ask for this name and check it; else the target's host.", valueName: "name"))
    var tlsName: String?

    @Flag(name: .long, help: "Take any certificate of the server; what is wrong with it is still told.")
    var insecure = false

    @Option(name: .long, help: ArgumentHelp("PEM file of the certificate to show.", valueName: "file"))
    var cert: String?

    @Option(name: .long, help: ArgumentHelp("PEM file of its key.", valueName: "file"))
    var key: String?

    @Option(
        name: .long,
        help: ArgumentHelp("Append the secrets of the TLS sessions to this file, for Wireshark.", valueName: "file"))
    var keylog: String?

    func validate() throws {
        guard (cert == nil) == (key == nil) else { throw ValidationError("Give --cert and --key together.") }
        guard !(insecure && caFile != nil) else {
            throw ValidationError("--insecure and --ca-file exclude each other.")
        }
    }

    /// For `OutputFiles`.
    var written: [OutputFiles.Group] { [("--keylog", [keylog])] }
    var read: [OutputFiles.Group] {
        [("the file of --ca-file", [caFile]), ("the file of --cert", [cert]), ("the file of --key", [key])]
    }

    private var isUsed: Bool { insecure || [caFile, tlsName, cert, key, keylog].contains { $0 != nil } }

    /// The context for targets of which some may be secured; nil where none is.
    /// - Throws: `ValidationError` where options of TLS are given and nothing is secured; `ExitStatus.failure`, with its
    ///   line on standard error, where a file cannot be used.
    func context(for transports: [TransportProtocol]) throws -> TLSContext? {
        guard transports.contains(where: { $0 == .tls || $0 == .wss }) else {
            guard !isUsed else { throw ValidationError("Options of TLS are given, but no target uses TLS.") }
            return nil
        }
        var settings = TLSSettings()
        if let caFile { settings.trust = .file(caFile) }
        if let cert, let key { settings.identity = .files(certificate: cert, key: key) }
        settings.verifiesServer = !insecure
        settings.peerName = tlsName
        settings.keyLogFile = keylog
        // SIP over TLS names no protocol; WebSocket is agreed on in HTTP/1.1.
        if transports.allSatisfy({ $0 == .wss }) { settings.protocols = ["http/1.1"] }
        do throws(TLSFailure) {
            return KeyLogs.watched(try TLSContext(.client, settings))
        } catch {
            Terminal.complain("TLS: \(error)")
            throw ExitStatus.failure
        }
    }
}
