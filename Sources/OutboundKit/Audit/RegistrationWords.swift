/// Who registers, as the request says it: AOR, instance-id, reg-id and what it supports. Immutable, and packed into one
/// piece of memory: there is one for each registration of each flow.
@safe struct RegistrationWords: @unchecked Sendable {
    private struct Head {
        let bindingKey: Int
        let deviceKey: Int
        let userAgent: Shared<String>?
        /// Seconds; `noExpires` and `longExpires` mean something else.
        let contactExpires: UInt32
        let aorCount: UInt16
        let instanceCount: UInt16
        let regIDCount: UInt16
        let marks: Marks
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

    init(
        aor: String, instance: String?, regID: String?, userAgent: Shared<String>?, supportsOutbound: Bool,
        supportsPath: Bool, contactOB: Bool, contactExpires: UInt64?, bindingKey: Int, deviceKey: Int
    ) {
        var marks: Marks = []
        if supportsOutbound { marks.insert(.outbound) }
        if supportsPath { marks.insert(.path) }
        if contactOB { marks.insert(.contactOB) }
        // Messages are no larger than that; a longer name would be cut.
        let aor = aor.utf8.prefix(Int(UInt16.max))
        let regIDOctets = (regID ?? "").utf8.prefix(Int(UInt16.max))
        if regID != nil { marks.insert(.regID) }
        var instanceOctets: [UInt8] = []
        if let instance {
            marks.insert(.instance)
            if let uuid = CanonicalUUID.octets(of: instance) {
                marks.insert(.uuid)
                instanceOctets = uuid
            } else {
                instanceOctets = Array(instance.utf8.prefix(Int(UInt16.max)))
            }
        }
        let head = Head(
            bindingKey: bindingKey, deviceKey: deviceKey, userAgent: userAgent,
            contactExpires: contactExpires.map { UInt32(clamping: min($0, UInt64(Self.longExpires))) }
                ?? Self.noExpires,
            aorCount: UInt16(aor.count),
            instanceCount: UInt16(instanceOctets.count), regIDCount: UInt16(regIDOctets.count), marks: marks)
        let count = aor.count + instanceOctets.count + regIDOctets.count
        buffer = ManagedBuffer<Head, UInt8>.create(minimumCapacity: count) { _ in head }
        unsafe buffer.withUnsafeMutablePointerToElements { octets in
            var at = 0
            for octet in aor { unsafe (octets + at).initialize(to: octet); at += 1 }
            for octet in instanceOctets { unsafe (octets + at).initialize(to: octet); at += 1 }
            for octet in regIDOctets { unsafe (octets + at).initialize(to: octet); at += 1 }
        }
    }

    var bindingKey: Int { head.bindingKey }
    var deviceKey: Int { head.deviceKey }
    var userAgent: String? { head.userAgent?.value }
    var supportsOutbound: Bool { head.marks.contains(.outbound) }
    var supportsPath: Bool { head.marks.contains(.path) }
    var contactOB: Bool { head.marks.contains(.contactOB) }
    var hasRegID: Bool { head.marks.contains(.regID) }

    /// The lifetime of the Contact, in seconds.
    /// - Parameter readAgain: reads one that is too large to be kept.
    @inline(__always)
    func contactExpires(_ readAgain: () -> UInt64?) -> UInt64? {
        let seconds = head.contactExpires
        if seconds < Self.longExpires { return UInt64(seconds) }
        return seconds == Self.noExpires ? nil : readAgain()
    }

    var aor: String { String(decoding: octets(0..<Int(head.aorCount)), as: UTF8.self) }

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

    private func octets(_ range: Range<Int>) -> [UInt8] {
        unsafe buffer.withUnsafeMutablePointerToElements { octets in
            unsafe [UInt8](UnsafeBufferPointer(start: octets + range.lowerBound, count: range.count))
        }
    }
}

/// `urn:uuid:` and a UUID as RFC 9562 §4 writes it, in lower case: what nearly every instance-id is (RFC 5626 §4.1).
enum CanonicalUUID {
    private static let prefix = Array("urn:uuid:".utf8)

    /// Its 16 octets; nil for any text that `text` would not give back octet by octet.
    static func octets(of text: String) -> [UInt8]? {
        guard text.utf8.count == prefix.count + 36 else { return nil }
        let text = Array(text.utf8)
        guard text.starts(with: prefix) else { return nil }
        var octets: [UInt8] = []
        octets.reserveCapacity(16)
        var high: UInt8?
        for (index, octet) in text[prefix.count...].enumerated() {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard octet == UInt8(ascii: "-") else { return nil }
                continue
            }
            let digit: UInt8
            switch octet {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = octet - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = octet - UInt8(ascii: "a") + 10
            default: return nil
            }
            if let upper = high {
                octets.append(upper << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return octets
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
