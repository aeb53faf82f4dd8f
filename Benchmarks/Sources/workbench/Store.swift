// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import OCI
import OCIContent
import OCILayout
import OCITestKit

/// Asks whether a store of many blobs is looked after, listed and served in bounded memory.
struct Store: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract: "Make a store of many small blobs, and measure what looks after it.",
        discussion: """
            Each repository has images of one layer and one configuration of their own. Then mirror store stats, gc and check run \
            over it, and mirror serve starts and lists it, with time and peak memory.
            """
    )

    @Option(help: "Blobs in all.") var blobs = 200_000
    @Option(help: "Images of a repository.") var images = 500
    @Option(help: "The mirror to measure.") var mirror = CommandLine.arguments[0].replacing("workbench", with: "mirror")
    @OptionGroup var storage: StorageOptions

    func run() async throws {
        let folder = "\(storage.directory)/workbench-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = "\(folder)/store"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let seconds = try await fill(path)
        print("store of \(blobs) blobs, made in \(String(format: "%.1f", seconds)) s, load average \(loadAverage())\n")
        print("| what | wall s | CPU s | peak MiB |")
        print("|---|---|---|---|")
        for words in [["stats"], ["gc"], ["check"]] {
            let result = try await ChildProcess.run(mirror, ["store"] + words + ["--store", path])
            guard result.succeeded else {
                throw BenchFailure(description: "store \(words) failed: \(result.errorText.suffix(1000))")
            }
            row("store \(words[0])", result)
        }
        row("serve, listing all repositories and tags", try await serve(path))
    }

    private func row(_ name: String, _ result: ChildProcess.Result) {
        let memory = Double(result.peakMemory) / Double(1 << 20)
        print(
            "| \(name) | \(String(format: "%.2f", result.wallTime / .seconds(1))) "
                + "| \(String(format: "%.2f", result.cpuSeconds)) | \(String(format: "%.0f", memory)) |"
        )
    }

    /// Makes the store, repositories side by side.
    private func fill(_ path: String) async throws -> Double {
        let start = ContinuousClock.now
        let store = try await LayoutStore.open(at: path)
        let repositories = blobs / 2 / images
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<repositories {
                if number >= 8 { try await group.next() }
                group.addTask {
                    try await fill(store.repository(try RepositoryName("team-\(number % 20)/app-\(number)")), number)
                }
            }
            try await group.waitForAll()
        }
        try await store.shutdown()
        return start.duration(to: .now) / .seconds(1)
    }

    private func fill(_ repository: LayoutRepository, _ number: Int) async throws {
        let memory = MemoryEndpoint()[try RepositoryName("made")]
        for image in 0..<images {
            let layer = memory.add(Array("layer \(number) \(image)".utf8))
            let config = memory.add(
                Array(#"{"architecture":"amd64","os":"linux","n":"\#(number)-\#(image)"}"#.utf8),
                mediaType: .ociConfig
            )
            for blob in [layer, config] { _ = try await repository.write(BlobContent(blob, from: memory), heldBy: nil) }
            let text =
                #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociManifest)","config":\#(json(config)),"layers":[\#(json(layer))]}"#
            let bytes = Array(text.utf8)
            let document = try ManifestDocument(bytes: bytes, digest: Digester.digest(of: bytes), contentType: nil)
            try await repository.publish(document, as: try TagName("v\(image)"))
        }
    }

    private func json(_ blob: Descriptor) -> String {
        #"{"mediaType":"\#(blob.mediaType)","digest":"\#(blob.digest)","size":\#(blob.size)}"#
    }

    /// Serves the store, and has skopeo-like questions asked: the catalog, and the tags of every repository.
    private func serve(_ path: String) async throws -> ChildProcess.Result {
        let folder = (path as NSString).deletingLastPathComponent
        let output = "\(folder)/output"
        let command = #"exec "$0" serve --store "$1" --listen 127.0.0.1:0 > "$2""#
        let server = try await ChildProcess.start("/bin/sh", ["-c", command, mirror, path, output])
        while server.isRunning {
            if let text = try? String(contentsOfFile: output, encoding: .utf8), let end = text.lastIndex(of: "\n"),
                let start = text.firstRange(of: "http://")
            {
                let host = text[start.lowerBound..<end]
                let script = #"""
                    for name in $(curl -sf "$0/v2/_catalog?n=1000" | jq -r '.repositories[]'); do
                      curl -sf "$0/v2/$name/tags/list" > /dev/null || exit 1
                    done
                    """#
                let listing = try await ChildProcess.run("/bin/sh", ["-c", script, String(host)])
                guard listing.succeeded else { throw BenchFailure(description: "listing failed: \(listing.errorText)") }
                break
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        return await server.stop(grace: .seconds(15))
    }
}
