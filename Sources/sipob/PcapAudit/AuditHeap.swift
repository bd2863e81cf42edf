import CMemory
import Glibc

/// How an audit takes its memory from the host.
enum AuditHeap {
    /// Pieces from this size on are mapped by themselves, where they are to be given back early.
    private static let large: Int32 = 128 << 10
    /// The same where they stay. The records of flows come in smaller pieces, and mapped, each of them would have a page of
    /// its own for what the C library writes in front of it.
    private static let larger: Int32 = 1 << 20
    /// Address space for the small pieces, which is no memory until it is used.
    private static let reserved = 128 << 20

    /// For a limited memory: large pieces are given back as soon as they are free, and leave no holes between small ones.
    static func giveBackEarly() { mallopt(M_MMAP_THRESHOLD, large) }

    /// Has the heap in huge pages, where the host has them for those who ask: what is known of a flow is met once in many
    /// packets, and with pages of 4 KiB the processor looks up its address each time. Costs up to 2 MB that stay unused.
    static func useHugePages() {
        mallopt(M_MMAP_THRESHOLD, larger)
        mallopt(M_TRIM_THRESHOLD, .max)
        mallopt(M_TOP_PAD, Int32(reserved))
        let before = unsafe sbrk(0)
        // A piece that the heap still had does not make it grow.
        var pieces = unsafe [UnsafeMutableRawPointer?]()
        for _ in 0..<64 {
            guard unsafe sbrk(0) == before else { break }
            let piece = unsafe malloc(Int(larger) - 4096)
            unsafe pieces.append(piece)
        }
        mallopt(M_TOP_PAD, larger)
        if let before = unsafe before, let end = unsafe sbrk(0), unsafe end > before {
            // The host takes whole pages only.
            let start = unsafe UnsafeMutableRawPointer(before).alignedUp(toMultipleOf: Int(getpagesize()))
            // Refused where the host knows no huge pages: all stays as it was.
            _ = unsafe madvise(start, end - start, MADV_HUGEPAGE)
        }
        unsafe pieces.forEach { unsafe free($0) }
    }
}
