import ArgumentParser
import Glibc

/// Files that a run will write, each with the option that names it: none may be a capture that is read, under whatever
/// name, for it would be gone.
struct OutputFiles {
    private let named: [(option: String, path: String)]

    init(events: String?, write: String?, reports: [String]) {
        named =
            [("--events", events), ("--write", write)].compactMap { option, path in path.map { (option, $0) } }
            + reports.map { ("--report", $0) }
    }

    func validate(against inputs: [String]) throws {
        for (option, path) in named where path != "-" {
            for input in inputs where Self.isSame(path, input) {
                throw ValidationError("\(option) names \(path), which is a capture that is read.")
            }
        }
    }

    private static func isSame(_ one: String, _ other: String) -> Bool {
        if one == other { return true }
        var (first, second) = (stat(), stat())
        guard unsafe stat(one, &first) == 0, unsafe stat(other, &second) == 0 else { return false }
        return first.st_dev == second.st_dev && first.st_ino == second.st_ino
    }
}
