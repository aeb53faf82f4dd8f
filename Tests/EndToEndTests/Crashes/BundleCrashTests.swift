// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCIRegistry
import OCITestKit
import Testing

extension EndToEnd {
    /// Exports and imports that are stopped, or that find no room.
    @Suite(.serialized)
    struct BundleCrashTests {
        private func withBundle(_ body: (_ home: Home, _ bundle: Data, _ source: String) async throws -> Void)
            async throws
        {
            try await withHome { home in
                let source = "layout:\(home.directory)/source"
                let image = try await BuiltImage.random(seed: 3, layerSizes: [200_000, 5000])
                try await withDockerRegistry { registry in
                    try await withEndpoint(of: registry) { endpoint in
                        try await image.write(to: endpoint.sink(RepositoryName("team/app")), as: TagName("1"))
                        try await image.write(to: endpoint.sink(RepositoryName("team/other")), as: TagName("2"))
                    }
                    try #require(await home.run("copy", "\(registry.host)/", source).succeeded)
                }
                let whole = try await home.run("export", "-o", "\(home.directory)/whole.tar", source)
                try #require(whole.succeeded, "\(whole.errorText)")
                try await body(home, try Data(contentsOf: URL(filePath: "\(home.directory)/whole.tar")), source)
            }
        }

        #if FAILPOINTS
        /// The steps that an export comes by.
        private static let steps: [FailpointName] = [
            .storeCreate, .storeTruncate, .storeWrite, .storeSync, .storeRename, .storeSyncFolder,
        ]

        @Test(arguments: ["kill", "error"])
        func `an export that is stopped at any step goes on, and what has its name is whole`(_ how: String) async throws
        {
            try await withBundle { home, bundle, source in
                let folder = "\(home.directory)/out"
                for step in Self.steps {
                    // Each step of a kind, until the export comes to its end without another one.
                    for number in 1...100 {
                        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                        let path = "\(folder)/x.tar"
                        let armed = home.with("MIRROR_FAILPOINT", "\(step.rawValue):\(how):\(number)")
                        let stopped = try await armed.run("export", "--volume-size", "100kB", "-o", path, source)
                        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
                        if names.contains("x.tar.SHA256SUMS"), !names.contains(where: { $0.hasSuffix(".partial") }) {
                            #expect(try joined(path) == bundle, "\(step) \(number)")
                        }
                        let again = try await home.run("export", "--volume-size", "100kB", "-o", path, source)
                        #expect(again.succeeded, "\(step) \(number): \(again.errorText)")
                        #expect(try joined(path) == bundle, "\(step) \(number)")
                        let left = try FileManager.default.contentsOfDirectory(atPath: folder)
                        #expect(!left.contains { $0.hasSuffix(".partial") }, "\(step) \(number): \(left)")
                        try FileManager.default.removeItem(atPath: folder)
                        if stopped.succeeded {
                            #expect(number > 1, "no export comes by \(step)")
                            break
                        }
                    }
                }
            }
        }
        #endif

        private func joined(_ path: String) throws -> Data {
            var bytes = Data()
            for number in 1...3 { bytes += try Data(contentsOf: URL(filePath: "\(path).00\(number)")) }
            return bytes
        }

        @Test func `an export and an import that find no room say so, and go on when there is some`() async throws {
            try await withBundle { home, bundle, source in
                let script = """
                    mkdir "$1/small" && mount -t tmpfs -o size=100k tmpfs "$1/small" || exit 77
                    "$0" export -o "$1/small/x.tar" "$2" && exit 1
                    [ ! -e "$1/small/x.tar" ] || exit 2
                    "$0" import "$1/whole.tar" "layout:$1/small/store" && exit 3
                    mount -o remount,size=10m "$1/small"
                    "$0" export -o "$1/small/x.tar" "$2" || exit 4
                    cmp "$1/small/x.tar" "$1/whole.tar" || exit 5
                    "$0" import "$1/whole.tar" "layout:$1/small/store" || exit 6
                    "$0" verify --depth content "$2" "layout:$1/small/store" || exit 7
                    """
                let result = try await ChildProcess.run(
                    "unshare",
                    ["-m", "sh", "-c", script, Program.path, home.directory, source],
                    environment: home.environment
                )
                if result.ending == .exited(77) || result.errorText.contains("unshare") {
                    try Test.cancel("no file systems can be mounted here: \(result.errorText)")
                }
                #expect(result.succeeded, "\(result.ending): \(result.outputText)\(result.errorText)")
                #expect(
                    result.errorText.lowercased().split(separator: "\n").filter { $0.contains("no space") }.count >= 2,
                    "\(result.errorText)"
                )
            }
        }
    }
}
