/// An array in pieces of fixed size, so that nothing is ever moved to make room: growth costs one piece, where a plain
/// array of half a gigabyte would hold its elements twice for a moment.
///
/// A value like an array: a copy shares the pieces until one of the two is changed.
@safe public struct Chunks<Element>: RandomAccessCollection {
    /// Elements of a piece, as a power of two.
    private static var shift: Int { 10 }
    private static var mask: Int { 1 << shift &- 1 }

    @safe private struct Pieces {
        var list: UnsafeMutablePointer<UnsafeMutablePointer<Element>>
        var pieceCount = 0
        var room = 8
        /// Elements that are there.
        var count = 0

        init() { unsafe list = .allocate(capacity: room) }
    }

    /// At the beginning of a cache line: an element whose size is a multiple of one touches no line beside its own.
    private static func makePiece() -> UnsafeMutablePointer<Element> {
        unsafe UnsafeMutableRawPointer.allocate(
            byteCount: MemoryLayout<Element>.stride << shift, alignment: Swift.max(64, MemoryLayout<Element>.alignment)
        ).bindMemory(to: Element.self, capacity: mask + 1)
    }

    /// Owns the pieces: gives them back with the last list that shares them.
    private final class Store {
        // Accesses are those to the list, which are exclusive already.
        @exclusivity(unchecked) private var stored = Pieces()

        var pieces: Pieces {
            @inline(__always) _read { yield unsafe stored }
            @inline(__always) _modify { yield unsafe &stored }
        }

        deinit {
            for piece in 0..<pieces.pieceCount {
                let filled = Swift.min(pieces.count &- piece << Chunks.shift, Chunks.mask &+ 1)
                unsafe pieces.list[piece].deinitialize(count: filled)
                unsafe pieces.list[piece].deallocate()
            }
            unsafe pieces.list.deallocate()
        }

        private func addPiece() {
            if pieces.pieceCount == pieces.room {
                let larger = UnsafeMutablePointer<UnsafeMutablePointer<Element>>.allocate(capacity: pieces.room * 2)
                unsafe larger.moveInitialize(from: pieces.list, count: pieces.pieceCount)
                unsafe pieces.list.deallocate()
                unsafe pieces.list = larger
                pieces.room *= 2
            }
            unsafe (pieces.list + pieces.pieceCount).initialize(to: Chunks.makePiece())
            pieces.pieceCount += 1
        }

        func append(_ element: consuming Element) {
            let count = pieces.count
            if count & Chunks.mask == 0 { addPiece() }
            unsafe (pieces.list[count >> Chunks.shift] + count & Chunks.mask).initialize(to: element)
            pieces.count = count + 1
        }

        private func place(_ index: Int) -> UnsafeMutablePointer<Element> {
            unsafe pieces.list[index >> Chunks.shift] + index & Chunks.mask
        }

        func removeAll(where isGone: (Int) -> Bool) {
            var kept = 0
            for index in 0..<pieces.count {
                if isGone(index) {
                    unsafe place(index).deinitialize(count: 1)
                    continue
                }
                if kept != index { unsafe place(kept).moveInitialize(from: place(index), count: 1) }
                kept += 1
            }
            pieces.count = kept
            while pieces.pieceCount << Chunks.shift >= kept + Chunks.mask + 1 {
                pieces.pieceCount -= 1
                unsafe pieces.list[pieces.pieceCount].deallocate()
            }
        }

        func copy() -> Store {
            let other = Store()
            for index in 0..<pieces.count {
                unsafe other.append(pieces.list[index >> Chunks.shift][index & Chunks.mask])
            }
            return other
        }
    }

    private var store = Store()

    public init() {}

    public var startIndex: Int { 0 }
    @inline(__always) public var endIndex: Int { store.pieces.count }
    @inline(__always) public var count: Int { store.pieces.count }

    /// Octets that the elements take, without what they refer to.
    public var octets: Int { store.pieces.pieceCount << Self.shift * MemoryLayout<Element>.stride }

    public subscript(index: Int) -> Element {
        // Addresses, for access by coroutine keeps what calls it from being inlined.
        @inline(__always) unsafeAddress {
            precondition(index >= 0 && index < store.pieces.count, "index out of range")
            return unsafe UnsafePointer(store.pieces.list[index &>> Self.shift] + index & Self.mask)
        }
        @inline(__always) unsafeMutableAddress {
            precondition(index >= 0 && index < store.pieces.count, "index out of range")
            if !isKnownUniquelyReferenced(&store) { store = store.copy() }
            return unsafe store.pieces.list[index &>> Self.shift] + index & Self.mask
        }
    }

    /// Asks for the first cache lines of an element (`Prefetch`); an index that is out of range is let pass.
    @inline(__always)
    func prefetch(_ index: Int, lines: Int = 1) {
        guard index >= 0, index < store.pieces.count else { return }
        let element = unsafe store.pieces.list[index &>> Self.shift] + index & Self.mask
        Prefetch.memory(UInt(bitPattern: element), lines: lines)
    }

    public mutating func append(_ element: consuming Element) {
        if !isKnownUniquelyReferenced(&store) { store = store.copy() }
        store.append(element)
    }

    /// Removes elements; those behind move up, in their order, and pieces that become empty are given back.
    /// - Parameter isGone: asked for each place as it was before.
    mutating func removeAll(where isGone: (Int) -> Bool) {
        if !isKnownUniquelyReferenced(&store) { store = store.copy() }
        store.removeAll(where: isGone)
    }
}

extension Chunks: @unchecked Sendable where Element: Sendable {}
