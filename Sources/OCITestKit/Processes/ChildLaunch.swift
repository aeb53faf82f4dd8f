// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// The start of a program by `posix_spawn`, with pipes for what it reads and writes.
struct ChildLaunch: Sendable {
    /// A call of the system failed.
    struct Failure: Error {
        let code: Int32
    }

    /// A program that runs.
    struct Descriptors: Sendable {
        let pid: Int32
        /// The reading end of its standard output.
        let output: Int32
        /// The reading end of its standard error.
        let errorOutput: Int32
    }

    let command: [String]
    let environment: [String: String]
    let input: [UInt8]

    /// One start at a time: between the making of a pipe and its marking no other child may be started.
    private static let turn = Mutex(())

    func spawn() throws(Failure) -> Descriptors {
        try Self.turn.withLock { _ throws(Failure) in try spawnAlone() }
    }

    private func spawnAlone() throws(Failure) -> Descriptors {
        // Every descriptor closes when a program is started, so that no child holds the pipes of another one open.
        let input = try Self.closingPipe()
        let output = try Self.closingPipe()
        let errorOutput = try Self.closingPipe()
        defer { for descriptor in [input.read, input.write, output.write, errorOutput.write] { close(descriptor) } }
        if !self.input.isEmpty { _ = self.input.withUnsafeBytes { write(input.write, $0.baseAddress, $0.count) } }

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input.read, 0)
        posix_spawn_file_actions_adddup2(&actions, output.write, 1)
        posix_spawn_file_actions_adddup2(&actions, errorOutput.write, 2)

        // This process ignores SIGPIPE, as every server does; its children must not inherit that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var arguments = command.map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer {
            for text in arguments { free(text) }
            for text in variables { free(text) }
        }
        var pid: pid_t = 0
        Self.markDescriptors()
        let code = posix_spawnp(&pid, command[0], &actions, &attributes, &arguments, &variables)
        guard code == 0 else {
            close(output.read)
            close(errorOutput.read)
            throw Failure(code: code)
        }
        return Descriptors(pid: pid, output: output.read, errorOutput: errorOutput.read)
    }

    /// Marks all descriptors to be closed in the child: the sockets of this process are not marked when they are made, and a
    /// child that held one would keep its connection from ending.
    private static func markDescriptors() {
        guard let folder = opendir("/proc/self/fd") else { return }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            // Where it stands: it ends with its name, and a copy of all that it could be would read what is not ours.
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let descriptor = Int32(name), descriptor > 2 else { continue }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
    }

    private static func closingPipe() throws(Failure) -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw Failure(code: errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }
}
