// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A real web server on loopback: Debian's `nginx`, in front of a registry, with everything it writes in a folder of its own.
public final class Nginx: Sendable {
    /// The program.
    public static let program = "/usr/sbin/nginx"

    /// Whether the program is on this machine; tests that cannot do without it may be skipped where it is not.
    public static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: program) }

    /// The server could not be started.
    public struct StartFailure: Error, CustomStringConvertible {
        /// What is wrong, and what to do about it.
        public let description: String
    }

    /// A request that was answered.
    public struct Exchange: Hashable, Sendable, Decodable {
        /// Which origin was asked.
        public enum Origin: String, Hashable, Sendable, Decodable {
            /// The front of the registry.
            case front
            /// The place that blobs are redirected to.
            case other
        }

        /// Which origin was asked.
        public let origin: Origin
        /// The method.
        public let method: String
        /// The target, with its query.
        public let uri: String
        /// The status of the answer.
        public let status: Int
        /// Whether there was an `Authorization` header.
        public let isAuthorized: Bool
        /// The `Host` header.
        public let host: String
        /// The version of TLS; empty for plain HTTP.
        public let tls: String
        /// The subject of the client's certificate; empty if there was none.
        public let client: String
    }

    /// The port of the front.
    public let port: Int
    /// The port of the place that blobs are redirected to.
    public let otherPort: Int
    /// The address, the first if there are several, and port of the front, as they stand in a URL.
    public var host: String { "\(options.addresses.first ?? "127.0.0.1"):\(port)" }
    /// The address and port of the other place.
    public var otherHost: String { "\(options.otherAddress):\(otherPort)" }
    /// The address of the front.
    public var url: String { "\(options.identity == nil ? "http" : "https")://\(host)" }
    /// The folder that holds its configuration and logs.
    public let directory: String
    private let options: Options
    private let process: ChildProcess

    private init(port: Int, otherPort: Int, directory: String, options: Options, process: ChildProcess) {
        self.port = port
        self.otherPort = otherPort
        self.directory = directory
        self.options = options
        self.process = process
    }

    /// Starts a server and waits until it accepts connections.
    /// - Throws: ``StartFailure``.
    public static func start(_ options: Options) async throws -> Nginx {
        guard isInstalled else {
            throw StartFailure(description: "\(program) is missing: install Debian's package nginx-light")
        }
        let directory = FileManager.default.temporaryDirectory.path + "/nginx-\(UUID().uuidString)"
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            // A port that is free now may be taken a moment later.
            for attempt in 1... {
                let ports = try (LoopbackPort.free(), LoopbackPort.free())
                let text = options.configuration(directory: directory, port: ports.0, otherPort: ports.1)
                try text.write(toFile: "\(directory)/nginx.conf", atomically: true, encoding: .utf8)
                do {
                    let process = try await launch(directory: directory)
                    return Nginx(
                        port: ports.0,
                        otherPort: ports.1,
                        directory: directory,
                        options: options,
                        process: process
                    )
                } catch let error as StartFailure where attempt < 5 && error.description.contains("Address already in")
                {}
            }
        } catch {
            try? FileManager.default.removeItem(atPath: directory)
            throw error
        }
        throw StartFailure(description: "no port is free")
    }

    /// The number of the process.
    public var pid: Int32 { process.pid }

    /// What was asked, in the order of the ends of the answers.
    ///
    /// A line of the log may come after the client has seen the answer.
    /// - Parameter count: How many there will be; it waits for them, but no longer than two seconds.
    public func exchanges(atLeast count: Int = 0) async throws -> [Exchange] {
        let deadline = ContinuousClock.now + .seconds(2)
        while true {
            let lines = (try? String(contentsOfFile: "\(directory)/access.log", encoding: .utf8)) ?? ""
            let exchanges = lines.split(separator: "\n")
                .compactMap { try? JSONDecoder().decode(Exchange.self, from: Data($0.utf8)) }
            if exchanges.count >= count || ContinuousClock.now >= deadline { return exchanges }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Ends the server and removes its folder.
    public func stop() async {
        await process.stop()
        try? FileManager.default.removeItem(atPath: directory)
    }

    private static func launch(directory: String) async throws -> ChildProcess {
        let child = try await ChildProcess.start(
            program,
            ["-p", directory, "-c", "\(directory)/nginx.conf", "-e", "stderr"],
            environment: ["PATH": "/usr/bin:/bin"],
            outputLimit: 64 << 10,
            endsWithParent: FileManager.default.isExecutableFile(atPath: "/usr/bin/setpriv")
        )
        let deadline = ContinuousClock.now + .seconds(20)
        do {
            while ContinuousClock.now < deadline, child.isRunning {
                // Written when it listens on all its ports; asking a port might reach somebody else who has it.
                if FileManager.default.fileExists(atPath: "\(directory)/nginx.pid"), child.isRunning { return child }
                try await Task.sleep(for: .milliseconds(10))
            }
        } catch {
            await child.stop()
            throw error
        }
        let result = await child.stop()
        throw StartFailure(description: "nginx did not start: \(result.errorText.suffix(2000))")
    }
}

/// Runs nginx for as long as `body` runs.
public func withNginx<Value: Sendable>(
    _ options: Nginx.Options,
    _ body: (Nginx) async throws -> Value
) async throws -> Value {
    let nginx = try await Nginx.start(options)
    do {
        let value = try await body(nginx)
        await nginx.stop()
        return value
    } catch {
        await nginx.stop()
        throw error
    }
}
