// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

#if FAILPOINTS
import Foundation
import Glibc
import OCI
import OCIContent
import OCITestKit
import Testing

/// A copy in which the program comes by certain failpoints.
enum FailpointScene: Sendable {
    /// An index of two small images, to a registry.
    case registry
    /// A large blob, to a registry in pieces, and kept on the disk.
    case largeBlob
    /// The same after a run that was killed when the registry had acknowledged a piece.
    case leftUpload
    /// The same with a disk on which an old blob is in the way.
    case fullSpool
    /// Several blobs in pieces, where no file may be longer than a kilobyte, so that notes fail and are made anew.
    case shortFiles
    /// A small image where more is remembered than is kept.
    case fullHints
    /// A job that writes metrics.
    case job
    /// An index of two small images, to a new store in a folder.
    case store
    /// The same, where somebody was killed while writing the record of the repository.
    case tornRecord

    /// The scene that comes by a step, for each; there is none that no copy comes by.
    static func of(_ name: FailpointName) -> FailpointScene {
        switch name {
        case .hintAppend, .uploadStarted, .uploadConfirmed, .manifestWritten, .tagMoved: .registry
        case .journalAppend, .pieceAcknowledged, .spoolCreate, .spoolAppend, .spoolRelease: .largeBlob
        case .journalAdopt: .leftUpload
        case .spoolEvict: .fullSpool
        case .journalRewrite: .shortFiles
        case .hintRewrite: .fullHints
        case .fileRename: .job
        case .storeMakeFolder, .storeCreate, .storeWrite, .storeSync, .storeSyncFolder, .storeLink, .storeRename,
            .storeRemove:
            .store
        case .storeTruncate: .tornRecord
        }
    }

    /// What is copied.
    var image: CrashImage {
        get async throws {
            switch self {
            case .registry, .fullHints, .job, .store, .tornRecord: try await .small()
            case .largeBlob, .leftUpload, .fullSpool: try await .large()
            case .shortFiles: try await .several()
            }
        }
    }

    /// Runs `body` with an empty destination.
    func withDestination(_ home: Home, _ body: (any CrashDestination) async throws -> Void) async throws {
        switch self {
        case .store, .tornRecord: try await body(CrashFolder(path: "\(home.directory)/store"))
        default: try await withDockerRegistry { try await body(CrashRegistry(registry: $0)) }
        }
    }

    /// The words of the command.
    func arguments(_ home: Home, from source: String, to destination: any CrashDestination) throws -> [String] {
        let from = "\(source)/\(CrashImage.place)"
        let to = destination.address
        switch self {
        case .job:
            let text =
                "version: 1\njobs:\n  a:\n    from: \(source)/team\n    to: \(to)/team\n    repositories: [app]\n"
            let config = try home.write(text, to: "mirror.yaml")
            return ["sync", "--config", config, "--metrics-file", "\(home.directory)/metrics.prom"]
        case .largeBlob, .leftUpload, .fullSpool, .shortFiles:
            var text = "version: 1\nspool: always\n"
            if case .fullSpool = self { text += "spool-limit: 100MiB\n" }
            let above = if case .shortFiles = self { "1MiB" } else { "16MiB" }
            text += "registries:\n  \"\(to)\":\n    product: distribution-2\n    limits: { chunked-above: \(above) }\n"
            return ["copy", "--config", try home.write(text, to: "mirror.yaml"), from, "\(to)/team/app"]
        default: return ["copy", from, "\(to)/team/app"]
        }
    }

    /// Starts the program that is to be stopped.
    func start(_ home: Home, _ arguments: [String]) async throws -> ChildProcess {
        guard case .shortFiles = self else { return try await home.start(arguments) }
        // In units of 512 bytes; a write that would go beyond fails, as on a full disk.
        let script = #"trap '' XFSZ; ulimit -f 2; exec "$@""#
        let command = ["-c", script, "sh", Program.path] + arguments
        return try await ChildProcess.start("/bin/sh", command, environment: home.environment, endsWithParent: true)
    }

    /// What is done before the run that is stopped.
    func prepare(_ home: Home, _ source: String, _ destination: any CrashDestination) async throws {
        switch self {
        case .leftUpload:
            let arguments = try arguments(home, from: source, to: destination)
            let armed = home.with("MIRROR_FAILPOINT", "piece-acknowledged:kill:2")
            try #require(await armed.start(arguments).wait().ending == .signalled(SIGKILL))
        case .fullSpool:
            let old = try home.write("", to: "state/mirror/spool/sha256/\(String(repeating: "a", count: 64))")
            try #require(truncate(old, 90 << 20) == 0)
        case .fullHints:
            let host = destination.address.replacing(":", with: "_")
            let lines = (0...50_000).map { "sha256:\(String(repeating: "0", count: 58))\(100_000 + $0) team/other\n" }
            try home.write(lines.joined(), to: "state/mirror/holders/\(host)")
        case .tornRecord:
            let other = "\(destination.address)/team/app:other"
            try #require(await home.run("copy", "\(source)/\(CrashImage.place)", other).succeeded)
            let record = "\(home.directory)/store/repositories/team/app/_mirror/record"
            let file = try #require(FileHandle(forWritingAtPath: record))
            try file.seekToEnd()
            try file.write(contentsOf: Data("0 half a li".utf8))
            try file.close()
        default: break
        }
    }
}
#endif
