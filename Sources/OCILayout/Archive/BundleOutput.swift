// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// Where the bytes of a bundle go.
enum BundleOutput: Sendable {
    /// Files beside those that they become, so that nothing is taken for a bundle before it is whole.
    case files(VolumeFiles)
    /// A pipe or a device, which takes bytes in their order.
    case pipe(PipeOutput)
}

extension BundleOutput: PositionedOutput {
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws {
        switch self {
        case .files(let files): try files.write(bytes, at: offset)
        case .pipe(let pipe): try pipe.write(bytes, at: offset)
        }
    }

    func write(_ bytes: [UInt8], at offset: Int64) throws { try bytes.withUnsafeBytes { try write($0, at: offset) } }

    /// What stands in the way of the next attempt is written over by it.
    func takeBack(from offset: Int64) {}
}

/// A descriptor that takes bytes in their order; what lies between is filled with zeros.
final class PipeOutput: Sendable {
    let path: String
    private let descriptor: Int32
    private let position = Mutex<Int64>(0)

    init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws {
        try position.withLock { position in
            precondition(offset >= position, "a pipe takes bytes in their order")
            let gap = [UInt8](repeating: 0, count: Int(offset - position))
            try gap.withUnsafeBytes(send)
            try send(bytes)
            position = offset + Int64(bytes.count)
        }
    }

    private func send(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw StoreError.system(.write, path: path, errno: errno) }
            rest = rest[(rest.startIndex + count)...]
        }
    }
}
