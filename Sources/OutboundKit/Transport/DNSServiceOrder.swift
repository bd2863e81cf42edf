/// In which order the servers that SRV records name are to be tried (RFC 2782): lower priorities first, and among those of
/// one priority at random, in proportion to their weights.
enum DNSServiceOrder {
    static func order(
        _ services: [DNSService], using generator: inout some RandomNumberGenerator
    ) -> [DNSService] {
        var ordered: [DNSService] = []
        for priority in Set(services.map(\.priority)).sorted() {
            // Those of weight 0 come first in the running sum, so that they have a small chance of being chosen.
            let equals = services.filter { $0.priority == priority }
            var rest = equals.filter { $0.weight == 0 } + equals.filter { $0.weight > 0 }
            while !rest.isEmpty {
                let total = rest.reduce(0) { $0 + Int($1.weight) }
                let mark = Int.random(in: 0...total, using: &generator)
                var sum = 0
                let index = rest.firstIndex { service in
                    sum += Int(service.weight)
                    return sum >= mark
                }
                ordered.append(rest.remove(at: index ?? 0))
            }
        }
        return ordered
    }
}
