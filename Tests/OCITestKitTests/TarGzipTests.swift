// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import OCI
import OCIContent
import OCITestKit
import Testing

@Suite struct TarGzipTests {
    @Test func `is the same on every run`() async throws {
        let figures = await TarGzip(seed: 7, size: 100_000).figures()
        #expect(figures.digest.description == "sha256:2751628a268ea23cc55fdef0ac39077292cda66f7e5cd4250fb4cea34b94625b")
        #expect(figures.diffID.description == "sha256:9db01bb1abb5ee02a5ba2514a0da78ffdaae46bf99990913ad407f8abe4b6326")
    }

    @Test(arguments: [2071, 4096, 32_768, 65_536, 99_999, 1 << 20] as [Int64])
    func `is as long as asked for, less than a block and a half short`(size: Int64) async throws {
        let layer = TarGzip(seed: 3, size: size)
        #expect(layer.size <= size)
        #expect(layer.size > size - 520)
        let figures = await layer.figures()
        let bytes = try await whole(layer.bytes(figures: figures))
        #expect(Int64(bytes.count) == layer.size)
        #expect(Digester.digest(of: bytes) == figures.digest)
    }

    @Test(arguments: [0, 1, 9, 10, 14, 15, 500, 527, 32_777, 32_783, 70_001, 99_480] as [Int64])
    func `can be read from any place in buffers of any size`(offset: Int64) async throws {
        let layer = TarGzip(seed: 5, size: 100_000)
        let figures = await layer.figures()
        let bytes = try await whole(layer.bytes(figures: figures))
        for bufferSize in [13, 4099, 1 << 20] {
            let stream = layer.bytes(from: offset, figures: figures, bufferSize: bufferSize)
            #expect(stream.range == offset..<layer.size)
            #expect(try await whole(stream) == Array(bytes[Int(offset)...]))
        }
    }
}

extension ProcessTests {
    @Suite struct TarGzipWithToolsTests {
        @Test(arguments: [2071, 5000, 300_000, 3_000_000] as [Int64])
        func `gzip and tar take it, and the configuration names what they unpack`(size: Int64) async throws {
            let layer = TarGzip(seed: 11, size: size)
            let figures = await layer.figures()
            let directory = FileManager.default.temporaryDirectory.path + "/layer-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: directory) }
            try Data(try await whole(layer.bytes(figures: figures)))
                .write(
                    to: URL(fileURLWithPath: directory + "/layer.tar.gz")
                )

            func run(_ program: String, _ arguments: String...) async throws -> ChildProcess.Result {
                let result = try await ChildProcess.run(program, arguments, workingDirectory: directory)
                #expect(result.succeeded, "\(result.errorText)")
                #expect(result.errorOutput.isEmpty)
                return result
            }
            _ = try await run("gzip", "-t", "layer.tar.gz")
            let listing = try await run("tar", "tzf", "layer.tar.gz")
            #expect(listing.outputText.hasPrefix("srv/data-0\n"))
            _ = try await run("tar", "xzf", "layer.tar.gz")
            #expect(FileManager.default.fileExists(atPath: directory + "/srv/data-0"))
            _ = try await run("gzip", "-dk", "layer.tar.gz")
            let tar = try Data(contentsOf: URL(fileURLWithPath: directory + "/layer.tar"))
            #expect(Digester.digest(of: Array(tar)) == figures.diffID)
        }
    }
}

private func whole(_ stream: ByteStream) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    for try await buffer in stream { bytes += buffer.readableBytesView }
    return bytes
}
