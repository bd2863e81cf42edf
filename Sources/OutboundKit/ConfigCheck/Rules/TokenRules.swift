/// The secret behind flow tokens, and the flags that switch them.
extension ConfigJudge {
    /// Releases that ignore the secret and sign with a key that everybody knows.
    static func ignoresSecret(_ version: KamailioVersion) -> Bool {
        (KamailioVersion(5, 6, 0)..<KamailioVersion(5, 7, 7)).contains(version)
            || (KamailioVersion(5, 8, 0)..<KamailioVersion(5, 8, 6)).contains(version)
    }

    mutating func judgeTokens() {
        guard let module = subject.config.module("outbound") else { return }
        let isAffected = isAffected(Self.ignoresSecret)
        if let secret = subject.config.parameter("outbound", "flow_token_secret") {
            if isAffected != false {
                emit(
                    "DX-TOK-01", isAffected == true ? .fail : .warn, at: secret.place,
                    isAffected == true
                        ? "Kamailio \(subject.version?.description ?? "") ignores the secret and signs with the key SHA1(\"\"): anybody can forge flow tokens."
                        : "Kamailio 5.6.0-5.7.6 and 5.8.0-5.8.5 ignore the secret and sign with the key SHA1(\"\"): anybody can forge their flow tokens.",
                    advice: isAffected == true
                        ? "Upgrade to 5.7.7, 5.8.6 or 6.0.0; until then take the secret out: a random key is safer."
                        : "Name the release with --kamailio-version; affected ones go to 5.7.7, 5.8.6 or 6.0.0.")
            }
            if case .string(let text) = secret.value, (1..<16).contains(text.utf8.count), isAffected != true {
                emit(
                    "CFG-TOK-01", .warn, at: secret.place,
                    "The secret has \(counted(text.utf8.count, "octet")): a token that somebody has seen lets it be guessed.",
                    advice: "Take 32 random characters: openssl rand -base64 24.", requirement: "OB-TOK-001")
            }
        } else if isAffected == true {
            emit(
                "DX-TOK-02", .info, at: module.place,
                "The key of flow tokens is random at each start. With this release that is right: it ignores a secret. Every restart costs all dialogs and bindings until phones register again.",
                advice: "Upgrade to 5.7.7, 5.8.6 or 6.0.0 and set flow_token_secret.")
        } else if isAffected == false, subject.version.map({ $0 < KamailioVersion(5, 6, 0) }) == true {
            emit(
                "DX-TOK-02", .info, at: module.place,
                "This release can have no secret: every restart makes all flow tokens worthless.",
                advice: "Upgrade to 5.7.7, 5.8.6 or 6.0.0 and set flow_token_secret.")
        } else {
            emitMissing(
                "DX-TOK-02", .warn, at: module.place,
                "The key of flow tokens is random at each start: after a restart, and at a second edge behind the same name, every token gets 403.",
                advice:
                    "Write modparam(\"outbound\", \"flow_token_secret\", \"…\"), the same on all edges (from 5.7.7, 5.8.6 or 6.0.0 on)."
            )
        }
        if subject.version == KamailioVersion(6, 1, 0), subject.hasRouting,
            let site = subject.walk.calls(anyOf: RoutingWalk.addingPath, for: "REGISTER").first
        {
            emit(
                "DX-TOK-11", .fail, at: site.call.place,
                "Kamailio 6.1.0 crashes here on a REGISTER with Contact: *.", advice: "Upgrade to 6.1.1.")
        }
    }

    // MARK: Flags

    mutating func judgeFlags() {
        let names = ["force_outbound_flag", "force_no_outbound_flag"]
        let flags = names.map { subject.config.parameter("outbound", $0) }
        for flag in flags.compactMap({ $0 }) {
            guard let number = flag.value.number else { continue }
            if !(-1...31).contains(number) {
                emit(
                    "CFG-FLAG-02", .fail, at: flag.place,
                    "Flags are numbered from 0 to 31; with \(number) Kamailio refuses to start.",
                    advice: "Take a free number up to 31.")
            } else if number >= 0, subject.hasRouting {
                judge(flag, number)
            }
        }
        if let first = flags[0]?.value.number, let second = flags[1]?.value.number, first == second, first >= 0 {
            emit(
                "CFG-FLAG-01", .fail, at: flags[1]?.place,
                "force_outbound_flag and force_no_outbound_flag are the same flag \(first): whichever is meant, the other one is set too.",
                advice: "Give each a number of its own.", requirement: "OB-EP-001")
        }
    }

    private mutating func judge(_ flag: ConfigParameter, _ number: Int) {
        let sets = subject.walk.calls("setflag").filter { site in
            guard let argument = site.call.arguments.first else { return false }
            if let own = argument.number { return own == number }
            return subject.config.flags[argument.text].flatMap { $0 } == number
        }
        // A flag that is set by a number which only a running Kamailio knows.
        let isDoubtful = subject.walk.calls("setflag").contains { site in
            guard let argument = site.call.arguments.first, argument.number == nil else { return false }
            return subject.config.flags[argument.text].flatMap { $0 } == nil
        }
        if sets.isEmpty {
            guard !isDoubtful else { return }
            emitMissing(
                "CFG-FLAG-03", .warn, at: flag.place,
                "\(flag.name) is \(number), and nothing ever sets flag \(number).",
                advice: "Write setflag(\(number)); before add_path() and record_route(), or take the parameter out.")
            return
        }
        let uses = subject.walk.calls(anyOf: RoutingWalk.addingPath + RoutingWalk.recordingRoute).filter {
            $0.entry == .request
        }
        guard let first = sets.filter({ $0.entry == .request }).map(\.order).min(), let last = uses.map(\.order).max(),
            first > last, let place = sets.first?.call.place
        else { return }
        emit(
            "CFG-FLAG-04", .warn, at: place,
            "The flag is set only behind add_path() and record_route(), which have looked at it by then.",
            advice: "Move setflag(\(number)) in front of them.")
    }
}
