/// A `testcase` of a JUnit report, as build servers read it.
struct JUnitCase {
    enum Outcome {
        case passed
        /// A violation: in one sentence, the verdict where there are several that fail, and in full.
        case failed(String, type: String?, body: String)
        /// It was not carried out, or not to its end: why. Nothing is said of the subject.
        case errored(String)
        /// Not judged: why. A green build must not hide it.
        case skipped(String)
        /// No violation, and yet something to say.
        case remarked(String)
    }

    let className: String
    let name: String
    /// Nanoseconds; nil where there is nothing to time.
    var duration: Int64?
    var outcome = Outcome.passed

    var isFailure: Bool { if case .failed = outcome { true } else { false } }
    var isError: Bool { if case .errored = outcome { true } else { false } }
    var isSkipped: Bool { if case .skipped = outcome { true } else { false } }

    var text: String {
        let time = duration.map { DecimalSeconds.text($0, places: 3) } ?? "0"
        let head =
            "    <testcase classname=\"\(escaped(className))\" name=\"\(escaped(name))\" time=\"\(time)\""
        let tail = "\n    </testcase>\n"
        switch outcome {
        case .passed: return head + "/>\n"
        case .failed(let message, let type, let body):
            let type = type.map { " type=\"\($0)\"" } ?? ""
            return head + ">\n      <failure message=\"\(escaped(message))\"\(type)>\(escaped(body))</failure>" + tail
        case .errored(let why): return head + ">\n      <error message=\"\(escaped(why))\"/>" + tail
        case .skipped(let why): return head + ">\n      <skipped message=\"\(escaped(why))\"/>" + tail
        case .remarked(let body): return head + ">\n      <system-out>\(escaped(body))</system-out>" + tail
        }
    }

    private func escaped(_ text: String) -> String { MarkupText.escaped(text) }
}
