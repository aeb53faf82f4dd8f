// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Reads what a program writes until it ends.
///
/// It blocks: it has a thread of its own.
struct ChildWatch {
    private let pid: Int32
    private let outputLimit: Int
    private var descriptors: [Int32]
    private var buffer = [UInt8](repeating: 0, count: 64 << 10)

    /// What came from its standard output, up to the limit.
    private(set) var output: [UInt8] = []
    /// What came from its standard error, up to the limit.
    private(set) var errorOutput: [UInt8] = []
    /// The most memory that it was seen to have in use, in bytes.
    private(set) var peakMemory: Int64 = 0

    init(_ child: ChildLaunch.Descriptors, outputLimit: Int) {
        pid = child.pid
        self.outputLimit = outputLimit
        descriptors = [child.output, child.errorOutput]
        for descriptor in descriptors { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
    }

    /// Returns when the program has ended, but was not waited for yet.
    ///
    /// The end of the pipes is not enough: a program may close them and go on, or leave them to a child that lives on.
    mutating func untilEnd() {
        while !hasEnded() {
            // VmHWM and not the resource usage: the latter starts with the memory of this process.
            peakMemory = max(peakMemory, ProcessFigures.peakMemory(of: pid) ?? 0)
            var events = descriptors.filter { $0 >= 0 }.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            poll(&events, nfds_t(events.count), events.isEmpty ? 5 : 50)
            drain()
        }
        drain()
        for descriptor in descriptors where descriptor >= 0 { close(descriptor) }
        descriptors = [-1, -1]
    }

    private func hasEnded() -> Bool {
        var information = siginfo_t()
        // WNOWAIT leaves the process number taken until the lock that guards signals is held.
        while waitid(P_PID, id_t(pid), &information, WEXITED | WNOHANG | WNOWAIT) != 0 {
            guard errno == EINTR else { return true }
        }
        return information.si_signo == SIGCHLD
    }

    private mutating func drain() {
        for (place, descriptor) in descriptors.enumerated() where descriptor >= 0 {
            while true {
                let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
                if count > 0 {
                    keep(buffer[..<count], place: place)
                } else if count == 0 {
                    close(descriptor)
                    descriptors[place] = -1
                    break
                } else if errno != EINTR {
                    break
                }
            }
        }
    }

    private mutating func keep(_ bytes: ArraySlice<UInt8>, place: Int) {
        if place == 0 {
            output += bytes.prefix(outputLimit - output.count)
        } else {
            errorOutput += bytes.prefix(outputLimit - errorOutput.count)
        }
    }
}
