/// A number and what it counts, for people: `1 octet`, `3 octets`, `0 octets`.
///
/// - Parameters:
///   - noun: in the singular.
///   - plural: where it is not the noun with an s.
public func counted(_ count: some BinaryInteger, _ noun: String, plural: String? = nil) -> String {
    count == 1 ? "1 \(noun)" : "\(count) \(plural ?? noun + "s")"
}
