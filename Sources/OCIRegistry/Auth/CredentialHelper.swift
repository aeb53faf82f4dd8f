// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Glibc
public import OCI
import Subprocess

/// A program that keeps credentials, `docker-credential-NAME` on `PATH` (docker/docker-credential-helpers).
///
/// The server's address or the credential goes in on standard input, an answer comes out on standard output. What the
/// program writes is bounded, and so is its time; of what it wrote, nothing gets into an error.
public struct CredentialHelper: Sendable {
    /// How long a helper may take, where nothing else is said.
    public static let timeLimit: Duration = .seconds(10)
    /// The most bytes that a helper may write.
    static let outputLimit = 64 << 10

    /// The name, without `docker-credential-`.
    public let name: String
    private let environment: [String: String]
    private let timeLimit: Duration

    /// What a helper can be asked for.
    private enum Verb: String { case get, store, erase }

    /// The words for "there is none"; helpers say so on standard output and exit with 1.
    private static let notFound = "credentials not found in native keychain"

    /// Describes a helper; nothing is started yet.
    /// - Parameters:
    ///   - environment: What the helper is started with; its `PATH` is where it is found.
    ///   - timeLimit: After this time a helper that has not ended is killed, with all that it started.
    /// - Throws: ``CredentialHelperError`` for a name that could lead elsewhere than to a program on `PATH`.
    public init(
        _ name: String,
        environment: [String: String],
        timeLimit: Duration = CredentialHelper.timeLimit
    ) throws(CredentialHelperError) {
        guard Self.isName(name) else {
            throw CredentialHelperError(helper: name, verb: Verb.get.rawValue, reason: .invalidName)
        }
        self.name = name
        self.environment = environment
        self.timeLimit = timeLimit
    }

    /// Whether a text can be the name of a helper: `[A-Za-z0-9._-]+`.
    public static func isName(_ text: String) -> Bool {
        (1...100).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || "._-".utf8.contains(byte)
            }
    }

    /// Asks for the credential of a registry, under the name that docker has for it.
    public func get(for host: RegistryHost) async throws -> Credential.Kind? {
        try await get(DockerConfigKey.serverAddress(of: host))
    }

    /// Asks for a credential.
    /// - Parameter server: The registry as docker names it: `https://index.docker.io/v1/` for Docker Hub, else the host.
    /// - Returns: `nil` if the helper has none.
    public func get(_ server: String) async throws -> Credential.Kind? {
        guard let output = try await run(.get, input: server) else { return nil }
        guard let answer = try? JSONNode(parsing: output), let username = answer["Username"]?.text,
            let secret = answer["Secret"]?.text
        else { throw error(.get, .invalidAnswer) }
        if username.isEmpty, secret.isEmpty { return nil }
        return username == "<token>" ? .identityToken(Secret(secret)) : .password(username: username, Secret(secret))
    }

    /// Hands over a credential to keep.
    public func store(username: String, _ secret: Secret, for server: String) async throws {
        let entry = JSONNode.object([
            JSONNode.Member(key: "ServerURL", value: .text(server)),
            JSONNode.Member(key: "Username", value: .text(username)),
            JSONNode.Member(key: "Secret", value: .text(secret.exposed)),
        ])
        guard try await run(.store, input: entry.written()) != nil else { throw error(.store, .failed(1)) }
    }

    /// Has a credential removed.
    /// - Returns: Whether there was one, as far as the helper tells.
    @discardableResult
    public func erase(_ server: String) async throws -> Bool { try await run(.erase, input: server) != nil }

    private func error(_ verb: Verb, _ reason: CredentialHelperError.Reason) -> CredentialHelperError {
        CredentialHelperError(helper: name, verb: verb.rawValue, reason: reason)
    }

    private enum Outcome: Sendable {
        case ended(TerminationStatus, [UInt8])
        case failed(CredentialHelperError.Reason)
        case timeIsUp
    }

    /// Runs the program to its end.
    /// - Returns: What it wrote to standard output; `nil` if it says that there is no credential.
    private func run(_ verb: Verb, input: String) async throws -> [UInt8]? {
        _ = brokenPipesAreErrors
        var outcome = await launchWithLimit(verb, input: input)
        // A program that was only just written can still be open for writing in a process that is being started, and is
        // then refused for a moment (ETXTBSY). All verbs can be repeated.
        for _ in 0..<5 {
            guard case .failed(.cannotStart) = outcome else { break }
            try await Task.sleep(for: .milliseconds(50))
            outcome = await launchWithLimit(verb, input: input)
        }
        try Task.checkCancellation()
        switch outcome {
        case .ended(.exited(0), let output): return output
        case .ended(.exited(let status), let output):
            let words = output.split { $0 <= 0x20 }.joined(separator: [0x20])
            if status == 1, words.elementsEqual(Self.notFound.utf8) { return nil }
            throw error(verb, .failed(status))
        case .ended(.signaled(let signal), _): throw error(verb, .signalled(signal))
        case .failed(let reason): throw error(verb, reason)
        case .timeIsUp: throw error(verb, .timedOut(timeLimit))
        }
    }

    private func launchWithLimit(_ verb: Verb, input: String) async -> Outcome {
        await withTaskGroup(of: Outcome.self) { group in
            group.addTask { await launch(verb, input: input) }
            group.addTask {
                try? await Task.sleep(for: timeLimit)
                return .timeIsUp
            }
            // Cancelling the other task kills the program, and the group waits for its end.
            let first = await group.next() ?? .timeIsUp
            group.cancelAll()
            return first
        }
    }

    private struct Flood: Error {}

    private func launch(_ verb: Verb, input: String) async -> Outcome {
        var options = PlatformOptions()
        // An own session makes the helper the leader of a group, so that what it starts dies with it.
        options.createSession = true
        options.teardownSequence = [
            .send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .milliseconds(100))
        ]
        let variables = environment.compactMap { name, value in
            Environment.Key(rawValue: name).map { ($0, value) }
        }
        do {
            let result = try await Subprocess.run(
                .name("docker-credential-\(name)"),
                arguments: [verb.rawValue],
                environment: .custom(Dictionary(variables) { first, _ in first }),
                platformOptions: options,
                input: .inputWriter,
                output: .sequence,
                // It may hold anything, secrets too, so nobody reads it.
                error: .discarded
            ) { execution in
                let writer = execution.standardInputWriter
                return try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        // A helper need not read what it is told, and the writer must be finished in any case.
                        _ = try? await writer.write(Array(input.utf8))
                        try? await writer.finish()
                    }
                    var output: [UInt8] = []
                    for try await chunk in execution.standardOutput {
                        chunk.withUnsafeBytes { output.append(contentsOf: $0) }
                        guard output.count <= Self.outputLimit else { throw Flood() }
                    }
                    return output
                }
            }
            return .ended(result.terminationStatus, result.closureResult)
        } catch is Flood {
            return .failed(.answeredTooMuch(Self.outputLimit))
        } catch let error as SubprocessError where error.code == .executableNotFound {
            return .failed(.notOnPath)
        } catch {
            return .failed(.cannotStart)
        }
    }
}

/// Makes writing to a helper that has already ended an error instead of the end of this program.
private let brokenPipesAreErrors: Void = { _ = signal(SIGPIPE, SIG_IGN) }()
