// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
public import OCI
import Glibc
import Synchronization

/// A real registry on loopback: Debian's `docker-registry`, with its storage in a directory of its own.
public final class DockerRegistry: Sendable {
    /// The program.
    public static let program = "/usr/bin/docker-registry"

    /// Whether the program is on this machine; tests that cannot do without it may be skipped where it is not.
    public static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: program) }

    /// The registry could not be started.
    public struct StartFailure: Error, CustomStringConvertible {
        /// What is wrong, and what to do about it.
        public let description: String
    }

    /// Whom a registry lets in.
    public enum Authentication: Sendable {
        /// Everybody, to do everything.
        case none
        /// By Basic, users with their passwords, to do everything.
        case htpasswd([String: String])
        /// By Bearer, whoever has a token of a token server, to do what it says.
        ///
        /// - `realm`: The address of the token server, with its path.
        /// - `service`: What the registry is called; tokens must be made for it.
        /// - `issuer`: Who must have made them.
        /// - `rootCertificate`: The path of a PEM file, with which their signatures are checked.
        case token(realm: String, service: String, issuer: String, rootCertificate: String)
    }

    /// The port, on 127.0.0.1.
    public let port: Int
    /// The address and port, as they stand in a URL.
    public var host: String { "127.0.0.1:\(port)" }
    /// The directory that holds the configuration and the storage.
    public let directory: String
    /// The root of the storage.
    public var storage: String { directory + "/storage" }
    private let process: Mutex<ChildProcess>
    private let earlierCPUSeconds = Mutex(0.0)

    private init(port: Int, directory: String, process: ChildProcess) {
        self.port = port
        self.directory = directory
        self.process = Mutex(process)
    }

    /// Starts a registry and waits until it answers.
    /// - Parameters:
    ///   - parent: Where its directory is made; `nil` for ``usualParent``.
    ///   - allowsDeletion: Whether manifests and blobs can be deleted.
    ///   - authentication: Whom it lets in.
    ///   - upstream: The address of a registry of which it is a pull-through cache; `nil` for a registry of its own.
    /// - Throws: ``StartFailure``, and ``ToolFailure`` if a file of passwords cannot be made.
    public static func start(
        in parent: String? = nil,
        allowsDeletion: Bool = true,
        authentication: Authentication = .none,
        upstream: String? = nil
    ) async throws -> DockerRegistry {
        guard isInstalled else {
            throw StartFailure(description: "\(program) is missing: install Debian's package docker-registry")
        }
        let parent = parent ?? usualParent
        let directory = "\(parent)/registry-\(UUID().uuidString)"
        do {
            let access = try await access(authentication, in: directory)
            // A port that is free now may be taken a moment later.
            for attempt in 1... {
                let port = try LoopbackPort.free()
                try write(
                    configuration(port: port, directory: directory, allowsDeletion: allowsDeletion) + access
                        + (upstream.map(proxy(of:)) ?? ""),
                    in: directory
                )
                do {
                    let process = try await launch(directory: directory, port: port)
                    return DockerRegistry(port: port, directory: directory, process: process)
                } catch let error as StartFailure where attempt < 5 && error.description.contains("address already in")
                {}
            }
        } catch {
            try? FileManager.default.removeItem(atPath: directory)
            throw error
        }
        throw StartFailure(description: "no port is free")
    }

    /// Where registries are if a test does not say: in memory where there is room for a gigabyte, or else on disk.
    ///
    /// The registry waits for the disk after each blob, which makes it five times as slow.
    public static var usualParent: String {
        var room = statvfs()
        let memory = "/dev/shm"
        guard statvfs(memory, &room) == 0, UInt64(room.f_bavail) * UInt64(room.f_frsize) >= 1 << 30 else {
            return FileManager.default.temporaryDirectory.path
        }
        return memory
    }

    /// The number of the process.
    public var pid: Int32 { process.withLock { $0.pid } }

    /// The processor time that the registry has used, in seconds, over all restarts.
    public var cpuSeconds: Double { process.withLock { $0.cpuSeconds } + earlierCPUSeconds.withLock { $0 } }

    /// Ends the registry and removes its storage.
    public func stop() async {
        await process.withLock { $0 }.stop()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Kills the registry as a crash would; its storage stays.
    public func kill() async {
        let child = process.withLock { $0 }
        child.send(SIGKILL)
        _ = await child.wait()
    }

    /// Ends the registry if it runs, and starts it again on the same port and storage.
    public func restart() async throws {
        let old = process.withLock { $0 }
        let result = await old.stop()
        let new = try await Self.launch(directory: directory, port: port)
        earlierCPUSeconds.withLock { $0 += result.cpuSeconds }
        process.withLock { $0 = new }
    }

    /// Removes all content, as if the registry were new.
    ///
    /// It must not be in use: it is ended and started again.
    public func empty() async throws {
        let old = process.withLock { $0 }
        let result = await old.stop()
        try? FileManager.default.removeItem(atPath: storage)
        let new = try await Self.launch(directory: directory, port: port)
        earlierCPUSeconds.withLock { $0 += result.cpuSeconds }
        process.withLock { $0 = new }
    }

    /// Whether another registry takes the place of Debian's wherever nobody has to sign in.
    ///
    /// So that all tests that are made for the one can be run over the other.
    public static var isReplaced: Bool { substitute != nil }

    /// That other registry: the path of a `mirror`, of which the embedded one is meant.
    private static let substitute = ProcessInfo.processInfo.environment["MIRROR_TEST_REGISTRY"]

    private static func command(_ directory: String, _ port: Int) throws -> (program: String, arguments: [String]) {
        let configuration = "\(directory)/config.yml"
        guard let substitute, try !String(contentsOfFile: configuration, encoding: .utf8).contains(/\n(auth|proxy):/)
        else {
            return (program, ["serve", configuration])
        }
        let store = ["--store", "\(directory)/storage", "--listen", "127.0.0.1:\(port)"]
        // Names that tests lead here by way of a proxy; it does not answer to strangers' names.
        let names = ["registry.test", "other.test", "0.0.0.0"].flatMap { ["--host", $0] }
        return (substitute, ["serve", "--allow-delete"] + store + names)
    }

    /// The digests of all blobs whose bytes are on disk.
    public var blobsOnDisk: Set<String> {
        let root = Self.substitute == nil ? "\(storage)/docker/registry/v2/blobs/sha256" : "\(storage)/blobs/sha256"
        let folders = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return Set(
            folders.flatMap { folder in
                (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/\(folder)")) ?? []
            }
            .map { "sha256:\($0)" }
        )
    }

    /// Takes the bytes of a blob away behind the registry's back.
    public func lose(_ digest: Digest, of repository: RepositoryName) throws {
        let path =
            Self.substitute == nil
            ? "docker/registry/v2/blobs/sha256/\(digest.hex.prefix(2))/\(digest.hex)"
            : "repositories/\(repository)/_oci/blobs/sha256/\(digest.hex)"
        try FileManager.default.removeItem(atPath: "\(storage)/\(path)")
    }

    private static func launch(directory: String, port: Int) async throws -> ChildProcess {
        let command = try command(directory, port)
        let child = try await ChildProcess.start(
            command.program,
            command.arguments,
            // REGISTRY_… variables would override the configuration.
            environment: ["PATH": "/usr/bin:/bin", "HOME": directory, "OTEL_TRACES_EXPORTER": "none"],
            outputLimit: 64 << 10,
            endsWithParent: FileManager.default.isExecutableFile(atPath: "/usr/bin/setpriv")
        )
        let deadline = ContinuousClock.now + .seconds(20)
        do {
            while ContinuousClock.now < deadline, child.isRunning {
                if let reply = try? await PlainHTTP.request("GET", "127.0.0.1:\(port)", "/v2/"),
                    reply.status == 200 || reply.status == 401, child.isRunning
                {
                    return child
                }
                try await Task.sleep(for: .milliseconds(20))
            }
        } catch {
            await child.stop()
            throw error
        }
        let result = await child.stop()
        throw StartFailure(description: "docker-registry did not answer: \(result.errorText.suffix(2000))")
    }
}

/// Runs a registry for as long as `body` runs.
public func withDockerRegistry<Value: Sendable>(
    in parent: String? = nil,
    allowsDeletion: Bool = true,
    authentication: DockerRegistry.Authentication = .none,
    upstream: String? = nil,
    _ body: (DockerRegistry) async throws -> Value
) async throws -> Value {
    let registry = try await DockerRegistry.start(
        in: parent,
        allowsDeletion: allowsDeletion,
        authentication: authentication,
        upstream: upstream
    )
    do {
        let value = try await body(registry)
        await registry.stop()
        return value
    } catch {
        await registry.stop()
        throw error
    }
}
