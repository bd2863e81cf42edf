import Glibc

/// The capture that ships with sipob: where it lies, beside an installed binary or in a checkout that was built.
enum DemoCapture {
    /// `PREFIX/share/sipob/demo.pcap` for a binary in `PREFIX/bin`; `share/demo.pcap` of the checkout for one below its
    /// build folder. Relative to the working folder where it lies below that. Nil when there is none.
    static func path() -> String? {
        guard var folder = executable().map(parent(of:)) else { return nil }
        while !folder.isEmpty {
            let installed = folder + "/share/sipob/demo.pcap"
            if isReadable(installed) { return shortened(installed) }
            if isReadable(folder + "/Package.swift"), isReadable(folder + "/share/demo.pcap") {
                return shortened(folder + "/share/demo.pcap")
            }
            folder = parent(of: folder)
        }
        return nil
    }

    private static func isReadable(_ path: String) -> Bool { unsafe access(path, R_OK) == 0 }

    private static func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }

    private static func executable() -> String? {
        guard let resolved = unsafe realpath("/proc/self/exe", nil) else { return nil }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }

    private static func shortened(_ path: String) -> String {
        guard let here = unsafe getcwd(nil, 0) else { return path }
        defer { unsafe free(here) }
        let prefix = unsafe String(cString: here) + "/"
        return path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
    }
}
