/// Who registers, as the request says it: AOR, instance-id, reg-id and what it supports; and the Path that the first 2xx
/// brought, whose flow token is another one on each flow. Immutable, and packed into one piece of memory: there is one for
/// each registration of each flow, and what most of them have in common is kept once.
@safe struct RegistrationWords: @unchecked Sendable {
    private struct Head {
        let bindingKey: Int
        /// Of the device; without an instance-id of the Contact.
        let ownerKey: Int
        let common: Shared<Common>
        /// Around the octets of Path.
        var aroundPath: Shared<Surroundings>?
        /// Seconds; `noExpires` and `longExpires` mean something else.
        let contactExpires: UInt32
        /// Octets of the AOR's user.
        let aorCount: UInt16
        let instanceCount: UInt16
        let regIDCount: UInt16
        let marks: Marks
        /// Octets of Path, which stand last.
        var pathCount: UInt16 = 0
        /// `RegistrationContact.place`
        let contactPlace: UInt16

        var count: Int { Int(aorCount) + Int(instanceCount) + Int(regIDCount) }
    }

    private struct Marks: OptionSet {
        let rawValue: UInt8
        static let instance = Marks(rawValue: 1)
        /// The instance-id is a URN of a UUID in lower case, and its 16 octets stand for it.
        static let uuid = Marks(rawValue: 2)
        static let regID = Marks(rawValue: 4)
        static let outbound = Marks(rawValue: 8)
        static let path = Marks(rawValue: 16)
        static let contactOB = Marks(rawValue: 32)
        static let unreadContact = Marks(rawValue: 64)
        static let challenged = Marks(rawValue: 128)
    }

    private static let noExpires = UInt32.max
    private static let longExpires = UInt32.max - 1

    private let buffer: ManagedBuffer<Head, UInt8>

    // Nobody writes it: its properties are read where they stand, without the checks of a class's property.
    private var head: Head {
        @inline(__always) unsafeAddress {
            unsafe UnsafePointer(buffer.withUnsafeMutablePointerToHeader { unsafe $0 })
        }
    }

    /// Asks for its first octets (`Prefetch`).
    @inline(__always)
    func prefetch() { Prefetch.object(buffer) }

    /// What stands before and behind a part that is another one in each registration: scheme and domain around the user of
    /// an AOR, an edge's URI around its flow token.
    struct Surroundings: Sendable {
        var before: [UInt8] = []
        var after: [UInt8] = []

        /// The user part of a URI in `range`; all of it where it has none.
        static func user(_ octets: RawSpan, _ range: Range<Int>) -> Range<Int> {
            guard let colon = octets.firstOffset(of: ASCII.colon, in: range),
                let at = octets.firstOffset(of: ASCII.at, in: colon + 1..<range.upperBound)
            else { return range }
            return colon + 1..<at
        }

        func around(_ octets: [UInt8]) -> [UInt8] { before + octets + after }
    }

    /// What the registrations of a fleet have in common.
    struct Common: Sendable {
        let userAgent: String?
        let aroundUser: Surroundings
    }

    /// What it has to say besides names and lifetime.
    struct Options {
        let common: Shared<Common>
        /// `outbound` and `path` in Supported.
        let supportsOutbound: Bool
        let supportsPath: Bool
        /// The request has credentials: one before it was challenged.
        var wasChallenged = false
        /// What stands in Contact could not all be read.
        var contactIsUnread = false
    }

    /// - Parameters:
    ///   - octets: where AOR, instance-id and reg-id stand.
    ///   - user: of the AOR what is not in `Common`.
    ///   - contactKey: stands for the Contact URI; needed without an instance-id.
    ///   - contactOB: the Contact URI had `ob`.
    ///   - contactExpires: seconds.
    ///   - contactPlace: stands for the Contact URI without its parameters.
    init(
        _ octets: RawSpan, aor: Range<Int>, user: Range<Int>, instance: Range<Int>?, regID: Range<Int>?,
        contactKey: Int,
        contactOB: Bool, contactExpires: UInt64?, contactPlace: UInt16 = 0, _ options: Options
    ) {
        var marks: Marks = []
        if options.supportsOutbound { marks.insert(.outbound) }
        if options.supportsPath { marks.insert(.path) }
        if options.wasChallenged { marks.insert(.challenged) }
        if options.contactIsUnread { marks.insert(.unreadContact) }
        if contactOB { marks.insert(.contactOB) }
        if regID != nil { marks.insert(.regID) }
        var (ownerKey, bindingKey) = (contactKey, 0)
        var uuid: UInt128?
        if let instance {
            marks.insert(.instance)
            uuid = CanonicalUUID.value(octets, instance)
            if uuid != nil { marks.insert(.uuid) }
            (ownerKey, bindingKey) = Self.keys(octets, aor: aor, instance: instance, regID: regID ?? 0..<0)
        }
        // Messages are no larger than that; a longer name would be cut.
        let count = { (range: Range<Int>?) in UInt16(clamping: range?.count ?? 0) }
        let head = Head(
            bindingKey: bindingKey, ownerKey: ownerKey, common: options.common,
            contactExpires: contactExpires.map { UInt32(clamping: min($0, UInt64(Self.longExpires))) }
                ?? Self.noExpires,
            aorCount: count(user), instanceCount: uuid == nil ? count(instance) : 16, regIDCount: count(regID),
            marks: marks, contactPlace: contactPlace)
        buffer = ManagedBuffer<Head, UInt8>.create(minimumCapacity: head.count) { _ in head }
        unsafe buffer.withUnsafeMutablePointerToElements { start in
            var at = UnsafeMutableRawPointer(start)
            func put(_ start: Int?, _ count: UInt16) {
                guard let start else { return }
                unsafe octets.extracting(start..<start + Int(count)).withUnsafeBytes {
                    if let base = $0.baseAddress { unsafe at.copyMemory(from: base, byteCount: Int(count)) }
                }
                unsafe at += Int(count)
            }
            put(user.lowerBound, head.aorCount)
            if let uuid {
                unsafe at.storeBytes(of: uuid.bigEndian, as: UInt128.self)
                unsafe at += 16
            } else {
                put(instance?.lowerBound, head.instanceCount)
            }
            put(regID?.lowerBound, head.regIDCount)
        }
    }

    /// Which device, and which binding of it. Instance-ids are compared without case, as the hexadecimal digits of a UUID are
    /// (RFC 5626 §4.1).
    private static func keys(
        _ octets: RawSpan, aor: Range<Int>, instance: Range<Int>, regID: Range<Int>
    ) -> (owner: Int, binding: Int) {
        var hash = OctetHash()
        hash.combine(lowercased: octets, aor)
        hash.combine(lowercased: octets, instance)
        let owner = hash.value | 1
        hash.combine(lowercased: octets, regID)
        return (owner, hash.value | 1)
    }

    var siblingKeys: [Int] {
        guard let instance else { return [] }
        let names = Array((aor + instance).utf8)
        let aorEnd = aor.utf8.count
        return (1...8).map { regID in
            let octets = names + Array(String(regID).utf8)
            return unsafe Self.keys(
                octets.span.bytes, aor: 0..<aorEnd, instance: aorEnd..<names.count, regID: names.count..<octets.count
            ).binding
        }
    }

    /// The same words with a Path.
    /// - Parameters:
    ///   - path: its values, packed, but for what stands around them; they end at 65,535 octets.
    init(_ words: RegistrationWords, path: RawSpan, around: Shared<Surroundings>?) {
        let own = words.head.count
        let count = min(path.byteCount, Int(UInt16.max))
        var head = words.head
        head.pathCount = UInt16(count)
        head.aroundPath = around
        buffer = ManagedBuffer<Head, UInt8>.create(minimumCapacity: own + count) { [head] _ in head }
        unsafe buffer.withUnsafeMutablePointerToElements { start in
            unsafe words.buffer.withUnsafeMutablePointerToElements { unsafe start.initialize(from: $0, count: own) }
            unsafe path.withUnsafeBytes { octets in
                guard count > 0, let base = octets.baseAddress else { return }
                unsafe UnsafeMutableRawPointer(start + own).copyMemory(from: base, byteCount: count)
            }
        }
    }

    var bindingKey: Int { head.bindingKey }
    var deviceKey: Int { head.marks.contains(.instance) ? head.ownerKey : 0 }
    var contactKey: Int { head.marks.contains(.instance) ? 0 : head.ownerKey }
    var userAgent: String? { head.common.value.userAgent }
    var supportsOutbound: Bool { head.marks.contains(.outbound) }
    var supportsPath: Bool { head.marks.contains(.path) }
    var contactOB: Bool { head.marks.contains(.contactOB) }
    var hasRegID: Bool { head.marks.contains(.regID) }
    var contactPlace: UInt16 { head.contactPlace }
    var wasChallenged: Bool { head.marks.contains(.challenged) }
    var hasUnreadContact: Bool { head.marks.contains(.unreadContact) }

    /// The lifetime of the Contact, in seconds.
    /// - Parameter readAgain: reads one that is too large to be kept.
    @inline(__always)
    func contactExpires(_ readAgain: () -> UInt64?) -> UInt64? {
        let seconds = head.contactExpires
        if seconds < Self.longExpires { return UInt64(seconds) }
        return seconds == Self.noExpires ? nil : readAgain()
    }

    var aor: String {
        String(decoding: head.common.value.aroundUser.around(octets(0..<Int(head.aorCount))), as: UTF8.self)
    }

    var instance: String? {
        let marks = head.marks
        guard marks.contains(.instance) else { return nil }
        let start = Int(head.aorCount)
        let octets = octets(start..<start + Int(head.instanceCount))
        return marks.contains(.uuid) ? CanonicalUUID.text(octets) : String(decoding: octets, as: UTF8.self)
    }

    var regID: String? {
        guard head.marks.contains(.regID) else { return nil }
        let start = Int(head.aorCount) + Int(head.instanceCount)
        return String(decoding: octets(start..<start + Int(head.regIDCount)), as: UTF8.self)
    }

    /// The values of Path.
    var path: [String] {
        let start = head.count
        let octets = octets(start..<start + Int(head.pathCount))
        return PackedTexts.texts(head.aroundPath?.value.around(octets) ?? octets)
    }

    private func octets(_ range: Range<Int>) -> [UInt8] {
        unsafe buffer.withUnsafeMutablePointerToElements { octets in
            unsafe [UInt8](UnsafeBufferPointer(start: octets + range.lowerBound, count: range.count))
        }
    }
}

/// `urn:uuid:` and a UUID as RFC 9562 §4 writes it, in lower case: what nearly every instance-id is (RFC 5626 §4.1).
enum CanonicalUUID {
    private static let prefix = Array("urn:uuid:".utf8)

    /// The UUID in `range`; nil for any text that `text` would not give back octet by octet.
    static func value(_ octets: RawSpan, _ range: Range<Int>) -> UInt128? {
        let start = range.lowerBound + 9
        guard range.count == 9 + 36, octets.equals("urn:uuid:", in: range.lowerBound..<start),
            [8, 13, 18, 23].allSatisfy({ octets.octet(start + $0) == ASCII.minus })
        else { return nil }
        func quad(_ offset: Int) -> UInt64 { UInt64(octets.big32(start + offset)) }
        guard let first = number(octets.big64(start)), let second = number(quad(9) << 32 | quad(14)),
            let third = number(quad(19) << 32 | quad(24)), let fourth = number(octets.big64(start + 28))
        else { return nil }
        return UInt128(first << 32 | second) << 64 | UInt128(third << 32 | fourth)
    }

    /// The number that eight hexadecimal digits in lower case write, an octet each.
    private static func number(_ digits: UInt64) -> UInt64? {
        let ones: UInt64 = 0x0101_0101_0101_0101
        // A digit ends in its value. A letter, which alone has the bit of 64, ends in 1 where it means 10.
        var value = (digits & (ones &* 15)) &+ (digits >> 6 & ones) &* 9
        let letters = (value &+ ones &* 6) >> 4 & ones
        guard value & (ones &* 0xF0) == 0, digits == value &+ ones &* 0x30 &+ letters &* 0x27 else { return nil }
        value = (value | value >> 4) & 0x00FF_00FF_00FF_00FF
        value = (value | value >> 8) & 0x0000_FFFF_0000_FFFF
        return (value | value >> 16) & 0xFFFF_FFFF
    }

    static func text(_ octets: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text = prefix
        for (index, octet) in octets.enumerated() {
            if [4, 6, 8, 10].contains(index) { text.append(UInt8(ascii: "-")) }
            text.append(digits[Int(octet >> 4)])
            text.append(digits[Int(octet & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
