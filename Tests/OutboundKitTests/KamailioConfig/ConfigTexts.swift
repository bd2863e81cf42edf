@testable import OutboundKit

/// Reads configurations from texts in memory.
enum ConfigTexts {
    /// - Parameter files: what may be included, by its path.
    static func read(
        _ text: String, files: [String: String] = [:], setup: KamailioConfig.Setup = .init()
    ) -> KamailioConfig {
        KamailioConfig.read("main.cfg", Array(text.utf8), setup: setup) { path in
            files[path].map { .octets(Array($0.utf8)) } ?? .missing
        }
    }

    /// The names of the problems, without what they carry.
    static func kinds(_ config: KamailioConfig) -> [String] {
        config.problems.map { String("\($0.kind)".prefix { $0 != "(" }) }
    }
}
