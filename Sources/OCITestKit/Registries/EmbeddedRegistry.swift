// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Synchronization

/// `mirror serve` as a process of its own, on loopback, over a store in a directory of its own, or over bundles.
public final class EmbeddedRegistry: Sendable {
    /// The server could not be started.
    public struct StartFailure: Error, CustomStringConvertible {
        /// What is wrong.
        public let description: String
    }

    private struct State {
        var process: ChildProcess
        var host: String
    }

    /// The directory that holds the store and what tests put beside it.
    public let directory: String
    /// The store.
    public var store: String { "\(directory)/store" }
    private let launch: Launch
    private let state: Mutex<State>

    /// How the server is started, the first time and again.
    private struct Launch: Sendable {
        let wrapper: [String]
        let program: String
        let bundles: [String]
        let arguments: [String]
    }

    private init(launch: Launch, directory: String, state: State) {
        self.launch = launch
        self.directory = directory
        self.state = Mutex(state)
    }

    /// Starts a server and waits until it says where it listens.
    /// - Parameters:
    ///   - program: The path of `mirror`.
    ///   - arguments: Options besides those for the store and the address.
    ///   - bundles: What is served instead of a store.
    ///   - parent: Where its directory is made; by default where other registries are.
    ///   - wrapper: A shell command that prepares the folder `$0` and then executes `"$@"`; none by default.
    public static func start(
        _ program: String,
        _ arguments: [String] = ["--allow-delete"],
        bundles: [String] = [],
        in parent: String? = nil,
        wrapper: [String] = []
    ) async throws -> EmbeddedRegistry {
        let directory = "\(parent ?? DockerRegistry.usualParent)/embedded-\(UUID().uuidString)"
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            let launch = Launch(
                wrapper: wrapper.isEmpty ? [] : wrapper + [directory],
                program: program,
                bundles: bundles,
                arguments: arguments
            )
            let state = try await start(launch, directory, port: 0)
            return EmbeddedRegistry(launch: launch, directory: directory, state: state)
        } catch {
            try? FileManager.default.removeItem(atPath: directory)
            throw error
        }
    }

    /// The address and port, as they stand in a URL; they stay the same over restarts.
    public var host: String { state.withLock { $0.host } }
    /// The number of the process.
    public var pid: Int32 { state.withLock { $0.process.pid } }
    /// The processor time of the process that runs, in seconds.
    public var cpuSeconds: Double { state.withLock { $0.process.cpuSeconds } }

    /// Sends a signal to the server.
    public func send(_ signal: Int32) { state.withLock { $0.process }.send(signal) }

    /// Waits for its end.
    public func wait() async -> ChildProcess.Result { await state.withLock { $0.process }.wait() }

    /// Kills the server as a crash would; its store stays.
    public func kill() async {
        send(SIGKILL)
        _ = await wait()
    }

    /// Ends the server if it runs, and starts it again on the same port and store.
    /// - Parameter wrapper: What prepares the folder this time; by default what did before.
    public func restart(wrapper: [String]? = nil) async throws {
        await state.withLock { $0.process }.stop()
        let port = Int(host.split(separator: ":")[1]) ?? 0
        let wrapper = wrapper.map { $0.isEmpty ? [] : $0 + [directory] } ?? launch.wrapper
        let launch = Launch(
            wrapper: wrapper,
            program: launch.program,
            bundles: launch.bundles,
            arguments: launch.arguments
        )
        let new = try await Self.start(launch, directory, port: port)
        state.withLock { $0 = new }
    }

    /// Ends the server and removes its store.
    @discardableResult
    public func stop() async -> ChildProcess.Result {
        let result = await state.withLock { $0.process }.stop(grace: .seconds(15))
        try? FileManager.default.removeItem(atPath: directory)
        return result
    }

    /// The line with the address goes into a file, since what a process writes is known only when it has ended.
    private static func start(_ launch: Launch, _ directory: String, port: Int) async throws -> State {
        // Beside the directory, which the wrapper may hide behind another file system.
        let output = "\(directory)-output-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: output) }
        let place = launch.bundles.isEmpty ? ["--store", "\(directory)/store"] : launch.bundles
        let options = ["serve"] + place + ["--listen", "127.0.0.1:\(port)"]
        let command = launch.wrapper + [launch.program] + options + launch.arguments
        let child = try await ChildProcess.start(
            "/bin/sh",
            ["-c", #"output=$1; shift; exec "$@" >"$output""#, "sh", output] + command,
            environment: ["PATH": "/usr/bin:/bin", "HOME": directory],
            outputLimit: 256 << 10,
            endsWithParent: FileManager.default.isExecutableFile(atPath: "/usr/bin/setpriv")
        )
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline, child.isRunning {
            if let text = try? String(contentsOfFile: output, encoding: .utf8), let host = address(in: text) {
                return State(process: child, host: host)
            }
            try? await Task.sleep(for: .milliseconds(5))
        }
        let result = await child.stop()
        throw StartFailure(description: "mirror serve did not say where it listens: \(result.errorText.suffix(2000))")
    }

    private static func address(in text: String) -> String? {
        guard let line = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().first,
            let start = line.firstRange(of: "://")
        else { return nil }
        return String(line[start.upperBound...])
    }
}

/// Runs `mirror serve` for as long as `body` runs.
public func withEmbeddedRegistry<Value: Sendable>(
    _ program: String,
    _ arguments: [String] = ["--allow-delete"],
    bundles: [String] = [],
    in parent: String? = nil,
    _ body: (EmbeddedRegistry) async throws -> Value
) async throws -> Value {
    let registry = try await EmbeddedRegistry.start(program, arguments, bundles: bundles, in: parent)
    do {
        let value = try await body(registry)
        await registry.stop()
        return value
    } catch {
        await registry.stop()
        throw error
    }
}
