import OutboundKit

/// What became of the keep-alive, in a sentence.
enum KeepAliveMeaning {
    static func sentence(_ outcome: KeepAliveOutcome) -> String {
        let time = TextStyle.time(outcome.elapsed)
        switch outcome.result {
        case .pong where outcome.technique == .webSocketPing:
            return "Answered by a Pong with the same octets after \(time): the flow is alive."
        case .pong:
            return "Answered by a pong after \(time): the flow is alive."
        case .stun(let message):
            guard message.type.messageClass == .success else {
                let code = message.errorCode.map { " \($0.code)" } ?? ""
                return "STUN error\(code) after \(time): a phone takes that for a failed flow."
            }
            let address = message.xorMappedAddress ?? message.plainMappedAddress
            let sends = outcome.sends > 1 ? " to request number \(outcome.sends) or before" : ""
            let software = message.software.map { " (\(Redaction.visible($0)))" } ?? ""
            guard let address else { return "Answered after \(time)\(sends), but without a mapped address\(software)." }
            return "Answered after \(time)\(sends)\(software): the server sees us at \(address)."
        case .failed(let failure):
            return "Failed: \(failure)."
        }
    }
}
