import Testing
@Suite struct RootTests { @Test func placeholder() {} }
