// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "mirror", path: ".."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        .executableTarget(
            name: "workbench",
            dependencies: [
                .product(name: "OCI", package: "mirror"),
                .product(name: "OCIContent", package: "mirror"),
                .product(name: "OCILayout", package: "mirror"),
                .product(name: "OCIRegistry", package: "mirror"),
                .product(name: "Replication", package: "mirror"),
                .product(name: "OCITestKit", package: "mirror"),
                .product(name: "mirror", package: "mirror"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]
        )
    ]
)
