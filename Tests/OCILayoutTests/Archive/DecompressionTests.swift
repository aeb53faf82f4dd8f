// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCITestKit
import Testing

@testable import OCILayout

@Suite struct DecompressionTests {
    enum Tool: String, CaseIterable { case gzip, zstd }

    private static let text = Array((0..<200_000).map { "line \($0)\n" }.joined().utf8)

    private func compressed(_ bytes: [UInt8], _ tool: Tool, _ options: String = "") async throws -> [UInt8] {
        let folder = try TemporaryFolder()
        try folder.write(bytes, to: "plain")
        let script = "\(tool.rawValue) \(options) -c < '\(folder.below("plain"))'"
        let result = try await ChildProcess.run("sh", ["-c", script], outputLimit: 64 << 20)
        #expect(result.succeeded, "\(result.errorText)")
        return result.output
    }

    private func decompressed(
        _ bytes: [UInt8],
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws -> [UInt8] {
        let folder = try TemporaryFolder()
        try folder.write(bytes, to: "x")
        let file = try ArchiveBytes(at: folder.below("x")).decompressed(in: folder.path, isCancelled: isCancelled)
        // Nothing is left that would have to be removed.
        #expect(folder.files() == ["x"])
        return try file.read(Int(file.count), at: 0)
    }

    @Test(arguments: Tool.allCases) func `what was compressed comes out as it was`(tool: Tool) async throws {
        #expect(try decompressed(try await compressed(Self.text, tool)) == Self.text)
        #expect(try decompressed(try await compressed([], tool)) == [])
        // Exactly as much as is read or written in one go.
        let round = Array(Self.text[..<(1 << 20)])
        #expect(try decompressed(try await compressed(round, tool)) == round)
    }

    @Test func `what is not compressed stays what it is`() throws {
        #expect(try decompressed([1, 2, 3]) == [1, 2, 3])
        #expect(try decompressed([]) == [])
    }

    @Test(arguments: Tool.allCases) func `several members or frames are one`(tool: Tool) async throws {
        let half = Self.text.count / 2
        let parts = try await [
            compressed(Array(Self.text[..<half]), tool), compressed([], tool),
            compressed(Array(Self.text[half...]), tool),
        ]
        #expect(try decompressed(parts.flatMap(\.self)) == Self.text)
    }

    @Test func `a frame that readers skip may come first`() async throws {
        let skipped: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]
        #expect(try decompressed(skipped + (try await compressed(Self.text, .zstd))) == Self.text)
    }

    /// Why bytes are refused; `nil` if they are not.
    private func refusal(of bytes: [UInt8]) throws -> ArchiveError? {
        do { _ = try decompressed(bytes) } catch let error as ArchiveError { return error }
        return nil
    }

    @Test(arguments: Tool.allCases)
    func `a stream that was cut anywhere is an error with its place`(tool: Tool) async throws {
        let bytes = try await compressed(Array(Self.text[..<3000]), tool)
        for length in 4..<bytes.count {
            guard case .damaged(_, Int64(length), .cut) = try refusal(of: Array(bytes[..<length])) else {
                Issue.record("at \(length)")
                return
            }
        }
        #expect(try refusal(of: bytes) == nil)
    }

    @Test(arguments: Tool.allCases)
    func `what follows the end, and bytes that changed, are errors`(tool: Tool) async throws {
        let bytes = try await compressed(Self.text, tool)
        var changed = bytes
        changed[bytes.count / 2] ^= 1
        for wrong in [bytes + Array("garbage".utf8), changed] {
            guard case .damaged(_, _, .compressed) = try refusal(of: wrong) else {
                Issue.record("\(wrong.count) bytes were taken")
                continue
            }
        }
    }

    @Test(arguments: Tool.allCases) func `far more than any image has is not let out`(tool: Tool) async throws {
        let bomb = try await compressed([UInt8](repeating: 0, count: 100 << 20), tool)
        #expect(bomb.count < 160 << 10)
        guard case .tooMuchInside = try refusal(of: bomb) else {
            Issue.record("it was let out")
            return
        }
    }

    @Test(arguments: Tool.allCases)
    func `what is still to come does not let out more of what came first`(tool: Tool) async throws {
        let bomb = try await compressed([UInt8](repeating: 0, count: 100 << 20), tool)
        var generator = SystemRandomNumberGenerator()
        let noise = (0..<(1 << 17)).flatMap { _ in withUnsafeBytes(of: generator.next()) { Array($0) } }
        guard case .tooMuchInside = try refusal(of: bomb + (try await compressed(noise, tool))) else {
            Issue.record("it was let out")
            return
        }
    }

    @Test func `a limit that no number says is none`() {
        #expect(Decompression.limit(afterReading: 0) == 64 << 20)
        #expect(Decompression.limit(afterReading: 10) == 64 << 20 + 2000)
        #expect(Decompression.limit(afterReading: .max) == .max)
        #expect(Decompression.limit(afterReading: .max / 200) == .max)
    }

    @Test func `a frame that needs too much memory is refused`() throws {
        // A window of 2 GiB, as its header says.
        let frame = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0xA8] + [UInt8](repeating: 1, count: 100)
        guard case .damaged(_, _, .compressed(let reason)) = try refusal(of: frame) else {
            Issue.record("it was taken")
            return
        }
        #expect(reason.contains("memory"))
    }

    @Test func `nobody who has gone is worked for`() async throws {
        let bytes = try await compressed(Self.text, .gzip)
        #expect(throws: CancellationError.self) { try decompressed(bytes, isCancelled: { true }) }
    }
}
