/// Holds a value that is rarely there outside of the one that has it. Copies share it; who changes it takes a copy of its
/// own first.
@safe struct ValueBox<Value: Sendable>: @unchecked Sendable {
    // As an element and not as a class's property: access to the owner is exclusive, and need not be checked again.
    private final class Storage: ManagedBuffer<Void, Value> {
        deinit { _ = unsafe withUnsafeMutablePointerToElements { unsafe $0.deinitialize(count: 1) } }
    }

    private var storage: ManagedBuffer<Void, Value>

    init(_ value: Value) {
        storage = Storage.create(minimumCapacity: 1) { _ in () }
        unsafe storage.withUnsafeMutablePointerToElements { unsafe $0.initialize(to: value) }
    }

    /// Octets of a box.
    static var octets: Int { MemoryLayout<Value>.stride + 32 }

    var value: Value {
        @inline(__always) unsafeAddress {
            unsafe UnsafePointer(storage.withUnsafeMutablePointerToElements { unsafe $0 })
        }
        @inline(__always) unsafeMutableAddress {
            if !isKnownUniquelyReferenced(&storage) {
                self = ValueBox(unsafe storage.withUnsafeMutablePointerToElements { unsafe $0.pointee })
            }
            return unsafe storage.withUnsafeMutablePointerToElements { unsafe $0 }
        }
    }
}
