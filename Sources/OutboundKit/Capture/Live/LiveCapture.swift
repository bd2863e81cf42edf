import CPcap
import Glibc

/// Packets of an interface as they come, through libpcap, as the octets of a capture file with times in nanoseconds.
@safe public final class LiveCapture: CaptureStream {
    /// Milliseconds that packets may lie in the kernel before it gives what it has.
    private static let timeout: Int32 = 100
    /// Milliseconds that a read waits for packets: longer, so that the last read finds what came before it.
    private static let patience: Int32 = 150
    /// The largest buffer that libpcap can be asked for, in MiB.
    public static let largestBuffer = 2047

    public let name: String
    public private(set) var missed = MissedPackets()
    public private(set) var isLossy = false
    private let library: PcapLibrary
    private let handle: OpaquePointer
    private let descriptor: Int32
    private let link: UInt16
    private let nanosecondsPerUnit: UInt32
    /// Octets that the kernel may hold: after `stop`, no more than that came before it.
    private var remaining: Int
    private var hasBegun = false
    private var isStopping = false
    /// What libpcap counted when it was asked last; its counters go round.
    private var counted = pcap_stat()
    /// A packet that found no room; libpcap keeps it until the next one is asked for.
    private var held: (header: pcap_pkthdr, octets: UnsafePointer<UInt8>)?
    private var failure: CaptureError?

    /// Begins to listen.
    ///
    /// - Parameters:
    ///   - interface: its name, or `any` for all.
    ///   - bufferSize: MiB that the kernel keeps packets in until they are read, from 1 to `largestBuffer`.
    ///   - filter: in libpcap's language; the kernel applies it, so that what it leaves out costs nothing and is not
    ///     counted.
    /// - Throws: `PcapProblem`, with what to do about it.
    public init(interface: String, bufferSize: Int, filter: String? = nil) throws(PcapProblem) {
        name = interface
        library = try PcapLibrary()
        remaining = min(max(1, bufferSize), Self.largestBuffer) << 20
        var complaint = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        guard let handle = unsafe library.create(interface, &complaint) else {
            throw PcapProblem(.interface, "cannot listen on \(interface): \(Self.text(complaint))")
        }
        unsafe self.handle = unsafe handle
        do throws(PcapProblem) {
            unsafe descriptor = try Self.begin(library, handle, interface, bufferOctets: remaining, filter)
        } catch {
            unsafe library.close(handle)
            throw error
        }
        let number = UInt16(truncatingIfNeeded: unsafe library.linkType(handle))
        // The one number that files and libpcap's functions do not share (pcap-linktype(7)).
        link = number == LinkLayer.LinkType.raw[1] ? LinkLayer.LinkType.raw[0] : number
        nanosecondsPerUnit = unsafe library.precision(handle) == PCAP_TSTAMP_PRECISION_NANO ? 1 : 1000
    }

    deinit { unsafe library.close(handle) }

    private static func text(_ octets: [CChar]) -> String {
        String(decoding: octets.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// - Returns: the descriptor that says when packets are there.
    private static func begin(
        _ library: PcapLibrary, _ handle: OpaquePointer, _ interface: String, bufferOctets: Int, _ filter: String?
    ) throws(PcapProblem) -> Int32 {
        _ = unsafe library.setSnapLength(handle, PcapLibrary.snapLength)
        // A mirror port brings packets that are for others.
        _ = unsafe library.setPromiscuous(handle, 1)
        _ = unsafe library.setTimeout(handle, timeout)
        _ = unsafe library.setBufferSize(handle, Int32(clamping: bufferOctets))
        _ = unsafe library.setPrecision(handle, PCAP_TSTAMP_PRECISION_NANO)
        let status = unsafe library.activate(handle)
        // Above 0 it is a warning, such as that `any` cannot be made promiscuous.
        guard status >= 0 else { throw refusal(status, interface, words: unsafe library.words(handle)) }
        if let filter {
            var problem = ""
            guard let program = unsafe library.compile(filter, on: handle, problem: &problem) else {
                throw PcapProblem(.filter, "--filter '\(filter)': \(problem)")
            }
            defer { unsafe library.free(program) }
            guard unsafe library.setFilter(handle, program) == 0 else {
                throw PcapProblem(.filter, "--filter '\(filter)': \(unsafe library.words(handle))")
            }
        }
        var complaint = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        guard unsafe library.setNonBlocking(handle, 1, &complaint) == 0 else {
            throw PcapProblem(.interface, "cannot listen on \(interface): \(text(complaint))")
        }
        let descriptor = unsafe library.descriptor(handle)
        guard descriptor >= 0 else {
            throw PcapProblem(.interface, "cannot listen on \(interface): it cannot be waited for")
        }
        return descriptor
    }

    /// Why `pcap_activate` refused, and what to do.
    static func refusal(_ status: Int32, _ interface: String, words: String) -> PcapProblem {
        switch status {
        case PCAP_ERROR_PERM_DENIED, PCAP_ERROR_PROMISC_PERM_DENIED:
            PcapProblem(
                .interface,
                "no permission to listen on \(interface): run it as root, or allow it once with "
                    + "`sudo setcap cap_net_raw+ep \"$(command -v sipob)\"`")
        case PCAP_ERROR_NO_SUCH_DEVICE:
            PcapProblem(
                .interface, "there is no interface \(interface); there are \(interfaces().joined(separator: ", "))")
        case PCAP_ERROR_IFACE_NOT_UP:
            PcapProblem(.interface, "the interface \(interface) is down: `ip link set \(interface) up` raises it")
        default:
            PcapProblem(.interface, "cannot listen on \(interface): \(words.isEmpty ? "error \(status)" : words)")
        }
    }

    /// The names of the interfaces there are, with `any` for all.
    static func interfaces() -> [String] {
        var names = ["any"]
        guard let list = unsafe if_nameindex() else { return names }
        defer { unsafe if_freenameindex(list) }
        var place = unsafe list
        while unsafe place.pointee.if_index != 0, names.count <= 64 {
            if let name = unsafe place.pointee.if_name { names.append(unsafe String(cString: name)) }
            unsafe place += 1
        }
        return names
    }

    public func stop() { isStopping = true }

    public func read(into buffer: inout [UInt8], after filled: Int) throws(CaptureError) -> Int? {
        guard hasBegun else { return begin(&buffer, after: filled) }
        if let failure { throw failure }
        if isStopping, remaining <= 0 { return nil }
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        if unsafe held == nil { _ = unsafe poll(&waiting, 1, Self.patience) }
        var end = filled
        let isDrained = take(&buffer, &end)
        // An interface that went down is reported at once and for ever.
        if end == filled, waiting.revents & Int16(POLLERR | POLLHUP) != 0 { _ = poll(nil, 0, Self.timeout) }
        count(isDrained: isDrained)
        if isStopping {
            // On a busy interface there is always a next packet; those that had come by the stop have been read.
            remaining = isDrained ? 0 : remaining - (end - filled)
            if end == filled { return nil }
        }
        if end == filled, let failure { throw failure }
        return end - filled
    }

    /// Copies packets that are there.
    /// - Returns: whether it was all of them.
    private func take(_ buffer: inout [UInt8], _ end: inout Int) -> Bool {
        while true {
            if unsafe held == nil {
                var header: UnsafeMutablePointer<pcap_pkthdr>?
                var octets: UnsafePointer<UInt8>?
                let status = unsafe library.next(handle, &header, &octets)
                guard status == 1, let header = unsafe header, let octets = unsafe octets else {
                    if status < 0 {
                        failure = CaptureError(.stopped(unsafe library.words(handle)), path: name)
                    }
                    return true
                }
                unsafe held = (header.pointee, octets)
            }
            guard let (header, octets) = unsafe held else { return true }
            guard let next = unsafe append(header, octets, to: &buffer, at: end) else { return false }
            unsafe held = nil
            end = next
        }
    }

    /// A packet as a record of a capture file.
    /// - Returns: where the next one begins; nil when there is no room.
    private func append(
        _ header: pcap_pkthdr, _ octets: UnsafePointer<UInt8>, to buffer: inout [UInt8], at place: Int
    ) -> Int? {
        let count = Int(header.caplen)
        guard buffer.count - place >= 16 + count else { return nil }
        let fields = [
            UInt32(truncatingIfNeeded: header.ts.tv_sec),
            UInt32(truncatingIfNeeded: header.ts.tv_usec) &* nanosecondsPerUnit, header.caplen, header.len,
        ]
        unsafe buffer.withUnsafeMutableBytes { target in
            for (index, field) in fields.enumerated() {
                unsafe target.storeBytes(of: field.littleEndian, toByteOffset: place + 4 * index, as: UInt32.self)
            }
            let body = unsafe UnsafeMutableRawBufferPointer(rebasing: target[(place + 16)..<(place + 16 + count)])
            unsafe body.copyMemory(from: UnsafeRawBufferPointer(start: octets, count: count))
        }
        return place + 16 + count
    }

    /// The file header: little-endian, nanoseconds, version 2.4.
    private func begin(_ buffer: inout [UInt8], after filled: Int) -> Int {
        hasBegun = true
        let fields: [UInt32] = [0xA1B2_3C4D, 4 << 16 | 2, 0, 0, UInt32(PcapLibrary.snapLength), UInt32(link)]
        for (index, field) in fields.enumerated() {
            for octet in 0..<4 {
                buffer[filled + 4 * index + octet] = UInt8(truncatingIfNeeded: field >> UInt32(8 * octet))
            }
        }
        return 4 * fields.count
    }

    /// Asks what was missed. The kernel says so at once, but the place where it is missing lies behind all that it holds:
    /// only when that was read is the loss over.
    private func count(isDrained: Bool) {
        if isDrained { isLossy = false }
        var now = pcap_stat()
        guard unsafe library.statistics(handle, &now) == 0 else { return }
        let byKernel = now.ps_drop &- counted.ps_drop
        let byInterface = now.ps_ifdrop &- counted.ps_ifdrop
        missed.byKernel &+= UInt64(byKernel)
        missed.byInterface &+= UInt64(byInterface)
        counted = now
        if byKernel > 0 || byInterface > 0 { isLossy = true }
    }
}
