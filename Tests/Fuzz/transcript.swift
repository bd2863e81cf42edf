@_cdecl("LLVMFuzzerTestOneInput") public func fuzz(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    TranscriptFuzz.run(RawSpan(_unsafeStart: data, byteCount: count))
    return 0
}
