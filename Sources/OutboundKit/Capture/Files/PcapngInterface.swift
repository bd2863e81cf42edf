/// An interface of a pcapng section: link type, snapshot length, and how its clock counts.
struct PcapngInterface {
    let link: UInt16
    /// 0 means none.
    let snapLength: Int
    /// Packets that were dropped, as its blocks said so far.
    var dropped: UInt64 = 0
    private var resolution: UInt8 = 6
    /// Nanoseconds of one tick where that is a whole number; else 0.
    private var nanosecondsPerTick: UInt64 = 1000
    private var offset: Int64 = 0

    init(link: UInt16, snapLength: Int) {
        self.link = link
        self.snapLength = snapLength
    }

    /// if_tsresol: a tick is 10 to the power of minus `octet` seconds or, with the top bit set, 2 to the power of minus
    /// the rest.
    mutating func setResolution(_ octet: UInt8) {
        resolution = octet
        nanosecondsPerTick = 0
        guard octet <= 9 else { return }
        nanosecondsPerTick = 1
        for _ in octet..<9 { nanosecondsPerTick *= 10 }
    }

    /// if_tsoffset: seconds to add to every time.
    mutating func setOffset(seconds: Int64) {
        let product = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        offset = product.overflow ? 0 : product.partialValue
    }

    /// The time of a tick count, saturating: a damaged count must not stop the reading.
    @inline(__always)
    func nanoseconds(_ ticks: UInt64) -> Int64 {
        if nanosecondsPerTick != 0 {
            let product = ticks.multipliedReportingOverflow(by: nanosecondsPerTick)
            return saturated(product.overflow ? .max : product.partialValue)
        }
        return resolution & 0x80 == 0 ? decimal(ticks) : binary(ticks)
    }

    /// Ticks finer than a nanosecond.
    private func decimal(_ ticks: UInt64) -> Int64 {
        var rest = ticks
        for _ in 9..<resolution where rest > 0 { rest /= 10 }
        return saturated(rest)
    }

    private func binary(_ ticks: UInt64) -> Int64 {
        let shift = UInt64(resolution & 0x7F)
        let (high, low) = ticks.multipliedFullWidth(by: 1_000_000_000)
        switch shift {
        case 0: return saturated(high == 0 ? low : .max)
        case 1..<64: return saturated(high >> shift == 0 ? high << (64 - shift) | low >> shift : .max)
        default: return saturated(high >> (shift - 64))
        }
    }

    @inline(__always)
    private func saturated(_ value: UInt64) -> Int64 {
        let sum = Int64(clamping: value).addingReportingOverflow(offset)
        return sum.overflow ? (offset < 0 ? .min : .max) : sum.partialValue
    }
}
