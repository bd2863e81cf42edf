/// HEP over TCP: a mirror's packets one behind the other, each of which says how long it is. Within them they are what
/// they are in datagrams.
extension CapturePipeline {
    /// The stream, or the one inside of TLS, is a mirror's.
    mutating func beginMirror(_ index: Int) {
        guard layers[index] != nil || layers.count < limits.layeredFlows else {
            unjudged.beyondLayers += 1
            return ignore(index)
        }
        var inner = layers[index] ?? StreamLayers()
        inner.content = .mirror
        layers[index] = inner
        flows.entries[index].kind = .layered
    }

    /// Takes a direction's next octets: packets whose end is there are judged, the rest is kept.
    mutating func takeMirror(_ index: Int, _ fromLow: Bool, _ octets: RawSpan, _ time: Int64, _ frame: UInt64) {
        guard carriers < limits.tunnels else {
            unjudged.deepTunnels += 1
            return
        }
        carriers += 1
        defer { carriers -= 1 }
        var held = takeMirrored(index, fromLow)
        if held.isEmpty {
            let used = unpackMirrored(octets, time, frame)
            keepMirrored(index, fromLow, octets.array(used..<octets.byteCount))
        } else {
            held += octets.array(0..<octets.byteCount)
            let used = unsafe unpackMirrored(held.span.bytes, time, frame)
            held.removeFirst(used)
            keepMirrored(index, fromLow, held)
        }
    }

    /// - Returns: how many octets are done with.
    private mutating func unpackMirrored(_ window: RawSpan, _ time: Int64, _ frame: UInt64) -> Int {
        var place = 0
        while window.byteCount - place >= HEPPacket.leastOctets {
            let rest = window.extracting(place..<window.byteCount)
            let length = Int(rest.big16(4))
            guard HEPPacket.beginsVersion3(rest), length >= HEPPacket.leastOctets else {
                // Out of step, after a hole: the next segment that begins with a packet shows where they are.
                unjudged.brokenMirrors += 1
                return window.byteCount
            }
            guard length <= rest.byteCount else { return place }
            var packet = CapturedPacket()
            (packet.start, packet.end, packet.wire) = (place, place + length, length)
            (packet.time, packet.frame) = (time, frame)
            mirrored(packet, window)
            place += length
        }
        // Fewer octets than a packet has: its beginning, if they are anything.
        return place
    }

    /// Forgets the direction's unfinished packet.
    mutating func dropMirrored(_ index: Int, _ fromLow: Bool) { _ = takeMirrored(index, fromLow) }

    private mutating func takeMirrored(_ index: Int, _ fromLow: Bool) -> [UInt8] {
        let held = (fromLow ? layers[index]?.mirroredLow : layers[index]?.mirroredHigh) ?? []
        guard !held.isEmpty else { return [] }
        mirroredOctets -= held.count
        if fromLow { layers[index]?.mirroredLow = [] } else { layers[index]?.mirroredHigh = [] }
        return held
    }

    private mutating func keepMirrored(_ index: Int, _ fromLow: Bool, _ octets: [UInt8]) {
        guard !octets.isEmpty, layers[index]?.content == .mirror else { return }
        guard mirroredOctets + octets.count <= limits.mirroredOctets else {
            unjudged.beyondMirrored += 1
            return
        }
        mirroredOctets += octets.count
        if fromLow { layers[index]?.mirroredLow = octets } else { layers[index]?.mirroredHigh = octets }
    }
}
