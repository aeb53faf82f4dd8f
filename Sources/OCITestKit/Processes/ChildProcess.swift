// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Synchronization

/// A program that a test started: its end, its output, its use of the machine.
///
/// A thread of its own waits for it, so that nothing blocks the threads that run tasks. A signal is never sent to a
/// process that has been waited for, since its number may belong to another one by then.
public final class ChildProcess: Sendable {
    /// How a program ended.
    public enum Ending: Hashable, Sendable {
        /// By itself, with this status.
        case exited(Int32)
        /// By this signal.
        case signalled(Int32)
    }

    /// What a program left behind.
    public struct Result: Sendable {
        /// How it ended.
        public let ending: Ending
        /// What it wrote to its standard output, up to the limit.
        public let output: [UInt8]
        /// What it wrote to its standard error, up to the limit.
        public let errorOutput: [UInt8]
        /// The processor time of it and of the processes that it waited for, in seconds.
        public let cpuSeconds: Double
        /// The most memory that it was seen to have in use, in bytes; looked at every 50 ms or more often.
        public let peakMemory: Int64
        /// The time from its start to its end.
        public let wallTime: Duration

        /// Whether it ended by itself with status 0.
        public var succeeded: Bool { ending == .exited(0) }
        /// The standard output as text.
        public var outputText: String { String(decoding: output, as: UTF8.self) }
        /// The standard error as text.
        public var errorText: String { String(decoding: errorOutput, as: UTF8.self) }
    }

    /// A program could not be started.
    public struct StartFailure: Error, CustomStringConvertible {
        /// The program.
        public let program: String
        /// The error number of the system.
        public let code: Int32
        /// What is wrong, in words.
        public var description: String { "cannot start \(program): \(String(cString: strerror(code)))" }
    }

    private struct State {
        var result: Result?
        var waiters: [CheckedContinuation<Result, Never>] = []
    }

    /// The number of the process.
    public let pid: Int32
    private let state = Mutex(State())

    private init(pid: Int32) { self.pid = pid }

    /// Starts a program.
    /// - Parameters:
    ///   - program: Its path, or a name that is looked for in `PATH`.
    ///   - environment: Its whole environment; `nil` for that of this process.
    ///   - input: What it can read from its standard input, at most 60 KiB.
    ///   - outputLimit: How much of each output is kept, in bytes; the rest is read and thrown away.
    ///   - endsWithParent: Whether the system kills it when this process ends, also by a crash. It takes `setpriv` of
    ///     util-linux.
    /// - Throws: ``StartFailure``. With a working directory, or if it is to end with its parent, a program that cannot be
    ///   started ends with status 126 or 127 instead.
    public static func start(
        _ program: String,
        _ arguments: [String] = [],
        environment: [String: String]? = nil,
        workingDirectory: String? = nil,
        input: [UInt8] = [],
        outputLimit: Int = 1 << 20,
        endsWithParent: Bool = false
    ) async throws -> ChildProcess {
        precondition(input.count <= 60 << 10, "a pipe holds 64 KiB, and nobody writes while the program runs")
        var command = [program] + arguments
        if let workingDirectory { command = ["env", "-C", workingDirectory] + command }
        if endsWithParent { command = ["setpriv", "--pdeathsig", "KILL", "--"] + command }
        let launch = ChildLaunch(
            command: command,
            environment: environment ?? ProcessInfo.processInfo.environment,
            input: input
        )
        return try await withCheckedThrowingContinuation { started in
            // The system binds "ends with its parent" to the thread that started the program: this one stays until the end.
            Thread.detachNewThread {
                let begin = ContinuousClock.now
                do throws(ChildLaunch.Failure) {
                    let descriptors = try launch.spawn()
                    let child = ChildProcess(pid: descriptors.pid)
                    started.resume(returning: child)
                    var watch = ChildWatch(descriptors, outputLimit: outputLimit)
                    watch.untilEnd()
                    child.reap(watch, since: begin)
                } catch {
                    started.resume(throwing: StartFailure(program: program, code: error.code))
                }
            }
        }
    }

    /// Starts a program and waits for its end; when the task is cancelled, the program is killed.
    public static func run(
        _ program: String,
        _ arguments: [String] = [],
        environment: [String: String]? = nil,
        workingDirectory: String? = nil,
        input: [UInt8] = [],
        outputLimit: Int = 1 << 20
    ) async throws -> Result {
        let child = try await start(
            program,
            arguments,
            environment: environment,
            workingDirectory: workingDirectory,
            input: input,
            outputLimit: outputLimit
        )
        return await withTaskCancellationHandler {
            await child.wait()
        } onCancel: {
            child.send(SIGKILL)
        }
    }

    /// Whether the program has not ended yet.
    public var isRunning: Bool { state.withLock { $0.result == nil } }

    /// Sends a signal, unless the program has ended.
    public func send(_ signal: Int32) {
        state.withLock { state in
            if state.result == nil { _ = Glibc.kill(pid, signal) }
        }
    }

    /// Waits for the end of the program.
    ///
    /// Cancellation does not end the wait; a signal to the program does.
    public func wait() async -> Result {
        await withCheckedContinuation { continuation in
            let result = state.withLock { state in
                if state.result == nil { state.waiters.append(continuation) }
                return state.result
            }
            if let result { continuation.resume(returning: result) }
        }
    }

    /// Asks the program to end, and kills it if it has not ended after a grace.
    @discardableResult
    public func stop(grace: Duration = .seconds(5)) async -> Result {
        send(SIGTERM)
        return await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // Not ended by a cancelled test: a program must not outlive its test.
                guard (try? await Task.sleep(for: grace)) != nil || self.isRunning else { return }
                self.send(SIGKILL)
            }
            let result = await wait()
            group.cancelAll()
            return result
        }
    }

    /// The processor time that the program has used up to now, in seconds; the total when it has ended.
    public var cpuSeconds: Double {
        state.withLock { $0.result?.cpuSeconds } ?? ProcessFigures.cpuSeconds(of: pid) ?? 0
    }

    private func reap(_ watch: ChildWatch, since begin: ContinuousClock.Instant) {
        let (result, waiters) = state.withLock { state in
            var status: Int32 = 0
            var usage = rusage()
            while wait4(pid, &status, 0, &usage) < 0, errno == EINTR {}
            let signal = status & 0x7F
            let result = Result(
                ending: signal == 0 ? .exited((status >> 8) & 0xFF) : .signalled(signal),
                output: watch.output,
                errorOutput: watch.errorOutput,
                cpuSeconds: ProcessFigures.seconds(usage.ru_utime) + ProcessFigures.seconds(usage.ru_stime),
                peakMemory: watch.peakMemory,
                wallTime: ContinuousClock.now - begin
            )
            state.result = result
            defer { state.waiters = [] }
            return (result, state.waiters)
        }
        for waiter in waiters { waiter.resume(returning: result) }
    }
}
