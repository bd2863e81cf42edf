/// What Kamailio refuses, or reads otherwise than it looks.
extension ConfigJudge {
    mutating func judgeReading() {
        var skipped = 0
        var firstSkipped: ConfigPlace?
        var undefined: [ConfigProblem] = []
        for problem in subject.config.problems {
            let place = problem.place
            switch problem.kind {
            case .directiveIsComment(let name):
                emit(
                    "CFG-READ-02", .fail, at: place,
                    "Kamailio takes this for a comment: \(name) must be alone on its line, with a line end behind it.",
                    advice: "Write \(name) alone; put the remark on a line of its own.")
            case .unbalancedConditions:
                emit(
                    "CFG-READ-03", .fail, at: place,
                    "A condition without its #!endif, or an #!endif too many: Kamailio refuses to start.")
            case .strayElse:
                emit(
                    "CFG-READ-03", .warn, at: place,
                    "This #!else is outside of all conditions: Kamailio warns, and reads what follows whatever was meant.",
                    advice: "Take it out, or write the #!ifdef that it belongs to.")
            case .definedTwice(let name):
                emit(
                    "CFG-READ-04", .fail, at: place, "\(name) is defined already, and Kamailio refuses to start.",
                    advice: "Write #!redefine to replace the value, or #!trydef to keep the first one.")
            case .commentInDefine(let name):
                emit(
                    "CFG-READ-05", .warn, at: place,
                    "The comment is part of the value: wherever \(name) is used, the rest of the line is lost.",
                    advice: "Put the comment on a line of its own.")
            case .badSubstitution:
                emit(
                    "CFG-READ-06", .fail, at: place, "Kamailio refuses this substitution.",
                    advice: "Write \"/pattern/replacement/flags\" in quotes, with the same separator three times.")
            case .endlessDefine(let name):
                if let value = subject.config.definitions[name], value.hasPrefix("<") {
                    emit(
                        "CFG-READ-06", .fail, at: place,
                        "\(name) stands for '\(value.prefix(40))', which nobody has filled in: Kamailio refuses to start at its '<'.",
                        advice: "Write in its place what it stands for.")
                } else {
                    emit(
                        "CFG-READ-06", .fail, at: place,
                        "\(name) is defined by itself: Kamailio never comes to its end.")
                }
            case .numberBeyond(let text):
                emit(
                    "CFG-READ-10", .warn, at: place,
                    "\(text) does not fit Kamailio's numbers of 32 bits: it takes another number for it, and says nothing.",
                    advice: "Write a number up to \(Int32.max).")
            case .badExpression(let name):
                let isCondition = name == "#!ifexp"
                emit(
                    "CFG-READ-09", .warn, at: place,
                    "Kamailio cannot compute this expression: "
                        + (isCondition
                            ? "the condition does not hold, whatever was meant." : "the name stays without a value."),
                    advice:
                        "The value of a name is a string: compare it (==), or join it with +; - * / take numbers that stand there themselves."
                )
            case .expressionIsComment(let name):
                // Without the condition its #!endif is one too many; of a value that is missing only its use is refused.
                emit(
                    "CFG-READ-09", name == "#!ifexp" ? .fail : .warn, at: place,
                    "\(name) came with Kamailio 5.7: this release takes it for a comment.",
                    advice: "Use #!ifdef and #!define, or upgrade.")
            case .refused(let text):
                emitMissing(
                    "CFG-READ-11", .fail, at: place, "Kamailio refuses to start here: \(text).",
                    advice: "Mend it; 'kamailio -c -f FILE' then says whether all is well.")
            case .undefined, .undeclaredFlag: undefined.append(problem)
            case .includeMissing(let name, let why):
                emit(
                    "CFG-READ-01", .unknown(.configuration), at: place, "\(name) is not judged: \(why).",
                    advice: "Run this where the file is, or copy it beside this one.")
            case .importMissing(let name):
                emit(
                    "CFG-READ-01", .info, at: place, "There is no \(name) here, and Kamailio goes on without it.",
                    advice: "If the server has that file, run this there.")
            case .includeTooDeep(let name):
                emit(
                    "CFG-READ-01", .fail, at: place,
                    "\(name) is a file within ten others, or includes itself: Kamailio refuses more.")
            case .openString, .openComment, .limit, .notUnderstood:
                skipped += 1
                if skipped <= 5 {
                    emit(
                        "CFG-READ-01", .unknown(.configuration), at: place,
                        "Not understood, and not judged: \(problem.words).",
                        advice: "Look at it yourself; 'kamailio -c -f FILE' tells whether Kamailio takes it.")
                } else if firstSkipped == nil {
                    firstSkipped = place
                }
            }
        }
        if let firstSkipped {
            emit(
                "CFG-READ-01", .unknown(.configuration), at: firstSkipped,
                "\(counted(skipped - 5, "more place is", plural: "more places are")) from here on not understood, and not judged."
            )
        }
        judgeNames(undefined)
        judgeSettings()
        if let engine = subject.config.engine {
            emit(
                "CFG-READ-07", .unknown(.configuration), at: subject.config.enginePlace,
                "The routing logic is a \(engine) script, which this program does not read: only modules and settings are judged.",
                advice:
                    "Check in the script that add_path, record_route and loose_route are called, and 403 and 430 sent.")
        }
        if subject.hasRouting {
            for route in missingRoutes.prefix(20) {
                let message =
                    "There is no route[\(route.name)]: Kamailio refuses to start, and 'kamailio -c' does not say so."
                emitMissing(
                    "CFG-READ-08", .fail, at: route.place, message, advice: "Write the route, or correct its name.")
            }
        }
    }

    /// Kamailio looks for them as it starts: also for those that are called where nothing ever comes.
    private var missingRoutes: [(name: String, place: ConfigPlace)] {
        let routes = Set(subject.config.routes.filter { $0.kind == .route }.map(\.name))
        var named: Set<String> = []
        var missing: [(name: String, place: ConfigPlace)] = []
        for call in subject.config.routes.flatMap({ $0.body.flatMap(\.calls) }) where call.name == "route" {
            guard let name = call.arguments.first, !name.isComputed, !routes.contains(name.text),
                name.isString || name.text.utf8.allSatisfy(ConfigOctet.isName),
                named.insert(name.text).inserted
            else { continue }
            missing.append((name.text, call.place))
        }
        return missing
    }

    private mutating func judgeSettings() {
        judgeReleases()
        var seen: Set<String> = []
        for setting in subject.config.settings where !CoreSettings.has(setting.name) {
            guard seen.count < 20, seen.insert(setting.name).inserted else { continue }
            // A release to come may have it.
            let isNewer = subject.version.map { $0 >= CoreSettings.next } ?? false
            emitMissing(
                "CFG-READ-11", isNewer ? .warn : .fail, at: setting.place,
                "No Kamailio up to \(CoreSettings.newest) has a setting '\(setting.name.prefix(40))': it refuses to start.",
                advice: "Look for its name in the manual of Kamailio's core; what modules take is set by modparam.")
        }
    }

    /// Settings that a later release brought.
    private mutating func judgeReleases() {
        guard let version = subject.version else { return }
        for setting in subject.config.settings {
            guard let since = CoreSettings.since[setting.name], version < since else { continue }
            emit(
                "CFG-READ-11", .fail, at: setting.place,
                "Kamailio has the setting \(setting.name) since \(since.major).\(since.minor) only: \(version) refuses to start.",
                advice: "Take it out, or upgrade.")
        }
    }

    /// Names that Kamailio does not know, if it sees the same files.
    private mutating func judgeNames(_ undefined: [ConfigProblem]) {
        let absent = subject.config.problems.lazy.compactMap { problem in
            if case .importMissing(let name) = problem.kind { "\(name), which is not here, has it" } else { nil }
        }.first
        // A piece of another file has most of its names from there.
        let shown = undefined.prefix(absent == nil && subject.whatIsHidden == nil ? 20 : 3)
        for problem in shown {
            let advice =
                if case .undeclaredFlag = problem.kind {
                    "Declare it above its use (flags NAME:NUMBER), or define its number (#!define)."
                } else {
                    "Define the name above (#!define), give it here as 'kamailio -A' gets it, or write text in quotes."
                }
            emitUndefined(problem.words, unless: absent, at: problem.place, advice: advice)
        }
        guard undefined.count > shown.count else { return }
        let more = counted(undefined.count - shown.count, "more name is", plural: "more names are")
        emitUndefined("\(more) not known from here on", unless: absent, at: undefined[shown.count].place)
    }

    private mutating func emitUndefined(
        _ text: String, unless absent: String?, at place: ConfigPlace, advice: String? = nil
    ) {
        let words = "Kamailio refuses to start here"
        guard let absent else {
            return emitMissing("CFG-READ-11", .fail, at: place, "\(words): \(text).", advice: advice)
        }
        emit(
            "CFG-READ-11", .unknown(.configuration), at: place, "\(words), unless \(absent): \(text).", advice: advice)
    }
}
