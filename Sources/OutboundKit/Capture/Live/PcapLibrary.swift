import CPcap
import Glibc

/// libpcap, looked for when somebody needs it: to link it would bring D-Bus and systemd into every start of the program,
/// a fifth of the time that takes, for options that few use.
@safe final class PcapLibrary: Sendable {
    /// As Debian names it, as everybody else does, and as it is called where its header is installed too.
    static let names = ["libpcap.so.0.8", "libpcap.so.1", "libpcap.so"]

    /// Octets of the longest packet: libpcap's own bound.
    static let snapLength: Int32 = 262_144

    let create: sipob_pcap_create
    let setSnapLength: sipob_pcap_set_int
    let setPromiscuous: sipob_pcap_set_int
    let setTimeout: sipob_pcap_set_int
    let setBufferSize: sipob_pcap_set_int
    let setPrecision: sipob_pcap_set_int
    let activate: sipob_pcap_get_int
    let linkType: sipob_pcap_get_int
    let descriptor: sipob_pcap_get_int
    let precision: sipob_pcap_get_int
    let setNonBlocking: sipob_pcap_setnonblock
    let lastError: sipob_pcap_geterr
    let close: sipob_pcap_close
    let next: sipob_pcap_next_ex
    let statistics: sipob_pcap_stats
    let openDead: sipob_pcap_open_dead
    let compile: sipob_pcap_compile
    let setFilter: sipob_pcap_setfilter
    let freeCode: sipob_pcap_freecode
    let matches: sipob_pcap_offline_filter

    /// - Parameter names: of the library's file, tried one after the other.
    init(names: [String] = names) throws(PcapProblem) {
        // Never closed: what was found in it is used to the end.
        guard let library = unsafe names.lazy.compactMap({ unsafe dlopen($0, RTLD_NOW | RTLD_LOCAL) }).first else {
            throw PcapProblem(
                .library, "libpcap is needed for -i and --filter and is not installed: apt install libpcap0.8")
        }
        unsafe create = try Self.find("pcap_create", library)
        unsafe setSnapLength = try Self.find("pcap_set_snaplen", library)
        unsafe setPromiscuous = try Self.find("pcap_set_promisc", library)
        unsafe setTimeout = try Self.find("pcap_set_timeout", library)
        unsafe setBufferSize = try Self.find("pcap_set_buffer_size", library)
        unsafe setPrecision = try Self.find("pcap_set_tstamp_precision", library)
        unsafe activate = try Self.find("pcap_activate", library)
        unsafe linkType = try Self.find("pcap_datalink", library)
        unsafe descriptor = try Self.find("pcap_get_selectable_fd", library)
        unsafe precision = try Self.find("pcap_get_tstamp_precision", library)
        unsafe setNonBlocking = try Self.find("pcap_setnonblock", library)
        unsafe lastError = try Self.find("pcap_geterr", library)
        unsafe close = try Self.find("pcap_close", library)
        unsafe next = try Self.find("pcap_next_ex", library)
        unsafe statistics = try Self.find("pcap_stats", library)
        unsafe openDead = try Self.find("pcap_open_dead", library)
        unsafe compile = try Self.find("pcap_compile", library)
        unsafe setFilter = try Self.find("pcap_setfilter", library)
        unsafe freeCode = try Self.find("pcap_freecode", library)
        unsafe matches = try Self.find("pcap_offline_filter", library)
    }

    private static func find<Function>(
        _ name: String, _ library: UnsafeMutableRawPointer
    ) throws(PcapProblem) -> Function {
        guard let symbol = unsafe dlsym(library, name) else {
            throw PcapProblem(.library, "libpcap is too old: it has no \(name); 1.5 or later is needed")
        }
        return unsafe unsafeBitCast(symbol, to: Function.self)
    }

    /// What libpcap says of the last thing that went wrong with `handle`.
    func words(_ handle: OpaquePointer) -> String {
        guard let text = unsafe lastError(handle) else { return "no reason given" }
        return unsafe String(cString: text)
    }

    /// The same for packets of a file.
    func compile(_ text: String, link: UInt16, problem: inout String) -> UnsafeMutablePointer<bpf_program>? {
        // The one number that files and libpcap's functions do not share (pcap-linktype(7)).
        let number = link == LinkLayer.LinkType.raw[0] ? LinkLayer.LinkType.raw[1] : link
        guard let handle = unsafe openDead(Int32(number), Self.snapLength) else { return nil }
        defer { unsafe close(handle) }
        return unsafe compile(text, on: handle, problem: &problem)
    }

    /// A compiled filter; nil, with libpcap's words in `problem`, when it means nothing for this link type.
    func compile(_ text: String, on handle: OpaquePointer, problem: inout String) -> UnsafeMutablePointer<bpf_program>?
    {
        let program = UnsafeMutablePointer<bpf_program>.allocate(capacity: 1)
        unsafe program.initialize(to: bpf_program())
        // The netmask matters to `ip broadcast` alone.
        guard unsafe compile(handle, program, text, 1, UInt32.max) == 0 else {
            problem = unsafe words(handle)
            unsafe program.deallocate()
            return nil
        }
        return unsafe program
    }

    func free(_ program: UnsafeMutablePointer<bpf_program>) {
        unsafe freeCode(program)
        unsafe program.deallocate()
    }
}
