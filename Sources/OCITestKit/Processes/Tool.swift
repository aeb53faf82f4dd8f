// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// A program that prepares something for a test did not do its work.
public struct ToolFailure: Error, CustomStringConvertible {
    /// Which program, and what it said.
    public let description: String
}

/// Runs small programs whose work is done when they end, such as `openssl` and `htpasswd`.
enum Tool {
    /// Runs a program and returns what it wrote.
    /// - Throws: ``ToolFailure`` if it is missing or fails.
    @discardableResult
    static func run(
        _ program: String,
        _ arguments: [String],
        workingDirectory: String? = nil,
        input: [UInt8] = []
    ) async throws -> String {
        let result: ChildProcess.Result
        do {
            result = try await ChildProcess.run(
                program,
                arguments,
                workingDirectory: workingDirectory,
                input: input
            )
        } catch let failure as ChildProcess.StartFailure {
            throw ToolFailure(description: "\(failure)")
        }
        guard result.succeeded else {
            throw ToolFailure(description: "\(program) failed: \(result.ending): \(result.errorText.suffix(2000))")
        }
        return result.outputText
    }
}
