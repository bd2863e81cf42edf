import Glibc

/// Which files are meant by what somebody wants to follow, and which of them are there already.
struct FollowedNames {
    /// With a slash at its end.
    let folder: String
    /// The file that is followed; nil where all of a ring are meant.
    let name: String?
    let ring: RingNames

    /// - Throws: `.system`; `.unfollowable` for what is neither a file nor stands for the files of a ring.
    init(path: String) throws(CaptureError) {
        if let own = Self.folder(path) {
            folder = own
            name = nil
            ring = try Self.ring(in: own, path)
            return
        }
        let slash = path.lastIndex(of: "/")
        folder = slash.map { String(path[...$0]) } ?? "./"
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        if CaptureDescriptor.isRegularFile(path) {
            self.name = name
            ring = RingNames(ofFile: name)
            return
        }
        let ring = RingNames(writtenTo: name)
        guard !CaptureDescriptor.exists(path), Self.files(in: folder).contains(where: ring.contains) else {
            // What is wrong with it, if it cannot be opened at all.
            _ = try CaptureDescriptor(path: path)
            throw CaptureError(
                .unfollowable("it is no regular file; a pipe is read as it comes, without --follow"), path: path)
        }
        self.name = nil
        self.ring = ring
    }

    /// The files that are there, in the order in which they were written, from the one that is named on.
    func found() -> [String] {
        let limits = CaptureLimits()
        let members = Self.files(in: folder).filter { ($0 == name || ring.contains($0)) && isFile($0) }
        // One without a packet is the one that was begun last.
        let timed = members.map { (CaptureOrder.firstTime(of: folder + $0, limits: limits) ?? .max, $0) }
        let ordered = timed.sorted { $0 < $1 }.map(\.1)
        guard let name else { return ordered }
        return ordered.firstIndex(of: name).map { Array(ordered[$0...]) } ?? [name]
    }

    private func isFile(_ name: String) -> Bool { CaptureDescriptor.isRegularFile(folder + name) }

    private static func folder(_ path: String) -> String? {
        var status = stat()
        guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return nil }
        return path.hasSuffix("/") ? path : path + "/"
    }

    private static func ring(in folder: String, _ path: String) throws(CaptureError) -> RingNames {
        let captures = files(in: folder).filter { CaptureReader.isCapture(folder + $0) }.sorted()
        guard let first = captures.first else {
            throw CaptureError(.unfollowable("no capture is in this folder so far"), path: path)
        }
        guard let ring = RingNames(ofFiles: captures) else {
            let other = captures.first { !(RingNames(ofFiles: [first])?.contains($0) ?? false) } ?? ""
            throw CaptureError(
                .unfollowable("it holds captures beside each other, such as \(first) and \(other); name one of them"),
                path: path)
        }
        return ring
    }

    private static func files(in folder: String) -> [String] {
        guard let stream = unsafe opendir(folder) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { octets in
                unsafe String(decoding: octets.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
