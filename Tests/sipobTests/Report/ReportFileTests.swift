import Foundation
import Glibc
import Testing

@testable import sipob

/// Files that appear whole or not at all.
@Suite struct ReportFileTests {
    /// Whatever ends the program while it writes leaves nothing behind, and the old report where it was.
    @Test(arguments: [false, true]) func nothingIsThereUntilItIsWhole(_ isReplaced: Bool) throws {
        let scratch = try ScratchDirectory()
        let path = scratch.path("report")
        if isReplaced { try scratch.write("old", to: "report") }
        let probe = open(scratch.root, O_WRONLY | O_CLOEXEC | 0o20_000_000 | O_DIRECTORY, 0o600)
        guard probe >= 0 else {
            print("skipped: the file system has no files without a name")
            return
        }
        close(probe)
        var names: [String] = []
        try ReportFile.write(to: path) { write in
            write([UInt8](repeating: 65, count: 200_000))
            names = (try? FileManager.default.contentsOfDirectory(atPath: scratch.root)) ?? ["unreadable"]
        }
        #expect(names == (isReplaced ? ["report"] : []))
        #expect(try scratch.bytes("report").count == 200_000)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.root) == ["report"])
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o600 == 0o600)
    }
}
