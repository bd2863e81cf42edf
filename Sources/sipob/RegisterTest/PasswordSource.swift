import ArgumentParser
import Glibc
import OutboundKit

/// Where the password comes from: a file, the environment, or the person at the terminal.
enum PasswordSource {
    /// Longer is no password.
    private static let limit = 4096

    /// The first line of the file, or SIPOB_PASSWORD; nil when neither is given.
    static func given(file: String?) throws -> Password? {
        if let file {
            switch SmallFile.read(file, limit: limit) {
            case .success(let octets):
                let line = octets.prefix { $0 != ASCII.lf && $0 != ASCII.cr }
                guard !line.isEmpty else {
                    Terminal.complain("--password-file \(file): the first line is empty; it must be the password")
                    throw ExitStatus.failure
                }
                return Password(Array(line))
            case .failure(let refusal):
                Terminal.complain("--password-file \(file): cannot read it: \(refusal)")
                throw ExitStatus.failure
            }
        }
        guard let text = Terminal.environment("SIPOB_PASSWORD"), !text.isEmpty else { return nil }
        return Password(Array(text.utf8))
    }

    enum Answer: Sendable {
        case given(Password)
        /// No terminal, or nothing typed.
        case none
        /// Ctrl-C.
        case interrupted
    }

    /// Asks on the terminal, without echo.
    static func ask(_ question: String) -> Answer {
        let terminal = unsafe open("/dev/tty", O_RDWR | O_CLOEXEC)
        guard terminal >= 0 else { return .none }
        defer { close(terminal) }
        var settings = termios()
        guard unsafe tcgetattr(terminal, &settings) == 0 else { return .none }
        var silent = settings
        // Without ISIG Ctrl-C comes as an octet, so that the echo is sure to come back.
        silent.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
        guard unsafe tcsetattr(terminal, TCSAFLUSH, &silent) == 0 else { return .none }
        defer {
            _ = unsafe tcsetattr(terminal, TCSAFLUSH, &settings)
            Terminal.write([ASCII.lf], to: terminal)
        }
        Terminal.write(Array(question.utf8), to: terminal)
        var octets: [UInt8] = []
        while octets.count < limit {
            var octet: UInt8 = 0
            let count = unsafe read(terminal, &octet, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { return .none }
            switch octet {
            case ASCII.cr, ASCII.lf: return octets.isEmpty ? .none : .given(Password(octets))
            case 3: return .interrupted
            case 4: return .none
            case 8, 0x7F: if !octets.isEmpty { octets.removeLast() }
            default: octets.append(octet)
            }
        }
        return .none
    }
}
