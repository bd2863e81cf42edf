@_cdecl("LLVMFuzzerTestOneInput") public func fuzz(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    CaptureFuzz.frames(RawSpan(_unsafeStart: data, byteCount: count))
    return 0
}
