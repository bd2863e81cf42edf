import Glibc

/// An open file or standard input.
struct CaptureDescriptor: ~Copyable {
    private let descriptor: Int32
    private let isOwned: Bool
    let path: String
    /// Milliseconds that a read waits for octets; nil waits as long as it takes.
    private let patience: Int32?

    /// - Parameters:
    ///   - path: `-` is standard input.
    ///   - patience: milliseconds after which a read gives up with `EAGAIN`, and may be tried again; nil never does.
    init(path: String, patience: Int32? = nil) throws(CaptureError) {
        self.path = path
        self.patience = patience
        if path == "-" {
            descriptor = STDIN_FILENO
            isOwned = false
            return
        }
        let opened = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else { throw CaptureError(.system(errno), path: path) }
        descriptor = opened
        isOwned = true
        _ = posix_fadvise(opened, 0, 0, POSIX_FADV_SEQUENTIAL)
    }

    deinit {
        if isOwned { close(descriptor) }
    }

    /// Whether `path` names a file that gives the same octets each time it is opened: no pipe, no terminal.
    static func isRegularFile(_ path: String) -> Bool {
        size(ofFile: path) != nil
    }

    /// Octets of a regular file; nil for anything else.
    static func size(ofFile path: String) -> Int? {
        var status = stat()
        guard unsafe path != "-" && stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int(status.st_size)
    }

    /// Whether `path` leads to anything.
    static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    /// Whether it is a regular file that is compressed. Of a pipe nobody can tell without taking its octets away.
    static func isCompressedFile(_ path: String) -> Bool {
        guard isRegularFile(path), let file = try? CaptureDescriptor(path: path) else { return false }
        return file.magic.flatMap(Decompression.Format.init) != nil
    }

    /// Its size in octets, and which file of which device it is.
    struct Status {
        let size: Int
        let device: dev_t
        let file: ino_t
    }

    var status: Status? {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { return nil }
        return Status(size: Int(status.st_size), device: status.st_dev, file: status.st_ino)
    }

    /// Whether the path still leads to the file that is open.
    func hasName(of own: Status) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_dev == own.device && status.st_ino == own.file
    }

    /// The first four octets in network order; nil while there are fewer. Where it is read goes on as before.
    var magic: UInt32? {
        var octets: UInt32 = 0
        guard unsafe pread(descriptor, &octets, 4, 0) == 4 else { return nil }
        return UInt32(bigEndian: octets)
    }

    /// Whether `octets` stand right before `place`. Where it is read goes on as before.
    func holds(_ octets: [UInt8], before place: Int) -> Bool {
        self.octets(from: place - octets.count, count: octets.count) == octets
    }

    /// What stands at `place`, fewer octets at the end of the file. Where it is read goes on as before.
    func octets(from place: Int, count: Int) -> [UInt8] {
        var octets = [UInt8](repeating: 0, count: count)
        let read = unsafe octets.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, place) }
        octets.removeLast(count - max(0, read))
        return octets
    }

    /// How far it was read; nil for what has no places, such as a pipe.
    var place: Int? {
        let place = lseek(descriptor, 0, SEEK_CUR)
        return place < 0 ? nil : Int(place)
    }

    /// Reads once, behind the first `filled` octets of `buffer`.
    /// - Returns: the octets read; 0 at the end.
    func read(into buffer: inout [UInt8], after filled: Int) throws(CaptureError) -> Int {
        if let patience {
            var end = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&end, 1, patience) > 0 else { throw CaptureError(.system(EAGAIN), path: path) }
        }
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { target -> Int in
                guard let base = target.baseAddress, filled < target.count else { return 0 }
                return unsafe Glibc.read(descriptor, base + filled, target.count - filled)
            }
            if count >= 0 { return count }
            guard errno == EINTR else { throw CaptureError(.system(errno), path: path) }
        }
    }
}
