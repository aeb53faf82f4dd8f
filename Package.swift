// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
    // Tests stop the program at named steps; a release has no such steps.
    .define("FAILPOINTS", .when(configuration: .debug)),
]

let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let collections: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let asyncHTTPClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let serviceLifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let nioHTTPTypes: Target.Dependency = .product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP1: Target.Dependency = .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let certificateReloading: Target.Dependency = .product(name: "NIOCertificateReloading", package: "swift-nio-extras")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")

let package = Package(
    name: "mirror",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "mirror", targets: ["mirror"]),
        .library(name: "OCI", targets: ["OCI"]),
        .library(name: "OCIContent", targets: ["OCIContent"]),
        .library(name: "OCIRegistry", targets: ["OCIRegistry"]),
        .library(name: "OCILayout", targets: ["OCILayout"]),
        .library(name: "OCIServer", targets: ["OCIServer"]),
        .library(name: "Replication", targets: ["Replication"]),
        .library(name: "OCITestKit", targets: ["OCITestKit"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        .executableTarget(
            name: "mirror",
            dependencies: [
                "OCI", "OCIContent", "OCILayout", "OCIRegistry", "OCIServer", "Replication", "CMalloc", argumentParser,
                logging, nioCore, serviceLifecycle, unixSignals, yams,
            ],
            swiftSettings: settings
        ),
        .target(name: "Replication", dependencies: ["OCI", "OCIContent", collections], swiftSettings: settings),
        .target(
            name: "OCIRegistry",
            dependencies: [
                "OCI", "OCIContent", asyncHTTPClient, crypto, cryptoExtras, nioCore, nioPosix, nioHTTP1, nioSSL,
                subprocess,
            ],
            swiftSettings: settings
        ),
        .target(
            name: "OCILayout",
            dependencies: ["OCI", "OCIContent", "CZlib", "CZstd", nioCore, nioPosix],
            swiftSettings: settings
        ),
        .target(
            name: "OCIServer",
            dependencies: [
                "OCI", "OCIContent", "OCILayout", "CCrypt", hummingbirdCore, httpTypes, logging, nioCore, nioPosix,
                nioHTTP1, nioHTTPTypes, nioHTTPTypesHTTP1, nioSSL, certificateReloading, serviceLifecycle,
            ],
            swiftSettings: settings
        ),
        .systemLibrary(name: "CCrypt", providers: [.apt(["libcrypt-dev"])]),
        .systemLibrary(name: "CMalloc"),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"])]),
        .target(name: "OCIContent", dependencies: ["OCI", nioCore, crypto, collections], swiftSettings: settings),
        .target(name: "OCI", swiftSettings: settings),
        .target(
            name: "OCITestKit",
            dependencies: ["OCI", "OCIContent", crypto, nioCore, nioPosix, nioHTTP1],
            swiftSettings: settings
        ),
        .testTarget(name: "OCITests", dependencies: ["OCI"], swiftSettings: settings),
        .testTarget(
            name: "OCIContentTests",
            dependencies: ["OCI", "OCIContent", "OCITestKit", nioCore],
            swiftSettings: settings
        ),
        .testTarget(
            name: "OCITestKitTests",
            dependencies: ["OCI", "OCIContent", "OCITestKit", nioCore],
            swiftSettings: settings
        ),
        .testTarget(
            name: "OCIRegistryTests",
            dependencies: [
                "OCI", "OCIContent", "OCIRegistry", "OCITestKit", asyncHTTPClient, cryptoExtras, nioCore, nioPosix,
                nioHTTP1, nioSSL,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "OCILayoutTests",
            dependencies: ["OCI", "OCIContent", "OCILayout", "OCITestKit", nioCore, nioPosix],
            swiftSettings: settings
        ),
        .testTarget(
            name: "OCIServerTests",
            dependencies: [
                "OCI", "OCIContent", "OCILayout", "OCIServer", "OCITestKit", nioCore, nioPosix,
                nioSSL, httpTypes, logging, serviceLifecycle,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ReplicationTests",
            dependencies: ["OCI", "OCIContent", "OCILayout", "Replication", "OCITestKit", nioCore],
            swiftSettings: settings
        ),
        .testTarget(
            name: "mirrorTests",
            dependencies: [
                "OCI", "OCIContent", "OCILayout", "OCIRegistry", "OCIServer", "Replication", "mirror", "OCITestKit",
                argumentParser, yams,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["OCI", "OCIContent", "OCIRegistry", "OCILayout", "Replication", "OCITestKit", "mirror"],
            swiftSettings: settings
        ),
        .testTarget(name: "ArchitectureTests", swiftSettings: settings),
    ]
)
