// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .strictMemorySafety(),
]

let package = Package(
    name: "sipob",
    products: [
        .library(name: "OutboundKit", targets: ["OutboundKit"]),
        .executable(name: "sipob", targets: ["sipob"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
    ],
    targets: [
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CDatagrams"),
        // Its header alone, and so without pkgConfig: to link libpcap would bring D-Bus and systemd into the process, a
        // fifth of its start-up. It is looked for when an option needs it.
        .systemLibrary(name: "CPcap", providers: [.apt(["libpcap-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        // How memory goes back to the system, which Swift's Glibc module leaves out, and how it is brought into the cache
        // ahead, for which Swift has no word.
        .systemLibrary(name: "CMemory"),
        // Captures come compressed, and so do WebSocket messages (RFC 7692).
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .target(name: "CResolv"),
        .target(name: "CSockets"),
        .target(
            name: "OutboundKit",
            dependencies: [
                "CDatagrams", "CMemory", "COpenSSL", "CPcap", "CResolv", "CSockets", "CSQLite", "CZlib", "CZstd",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "sipob",
            dependencies: [
                "CMemory", "OutboundKit",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "OutboundKitTests",
            dependencies: ["OutboundKit"],
            swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]
        ),
        .testTarget(
            name: "sipobTests",
            dependencies: ["OutboundKit", "sipob"],
            swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]
        ),
    ]
)
