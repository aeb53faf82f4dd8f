// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCITestKit
import Replication
import Testing

/// What holds for texts that nobody thought of.
@Suite struct ParserRobustnessTests {
    private static let pieces = [
        "*", "**", "?", "/", "//", ".", "-", "_", "+", " ", "||", "|", ">=", "<", "=", "^", "~", "x", "v", "1", "0",
        "27",
        "999999999999999999", "1000000000000000000", "18446744073709551616", "rc", "alpha", "alpine", "{", "}",
        "{name}",
        "{parent}", "(", ")", "[", "]", "\\", "a", "Z", "é", "\u{0}", "\n", ",", " - ", "#", "@", ":", "sha256:",
    ]

    private static let versionPieces = [
        "v", "0", "1", "27", ".", ".", "-", "_", "rc", "RC", "a", "alpha", "dev", "alpine", "999999999999999999",
        "1000000000000000000", "3.20", "b1", "x",
    ]

    /// Random texts; what fails is found again by its seed.
    private func texts(_ seed: UInt64, of pieces: [String] = Self.pieces, count: Int = 200) -> [String] {
        var random = SeededRandom(seed: seed)
        return (0..<count)
            .map { _ in
                (0..<random.next(in: 0...9)).map { _ in pieces[random.next(in: 0...(pieces.count - 1))] }.joined()
            }
    }

    @Test(arguments: UInt64(1)...30)
    func `a text is read, or refused with a place in it`(_ seed: UInt64) {
        for text in texts(seed) {
            let places = 0...text.utf8.count
            do { #expect(try RepositoryPattern(text).text == text) } catch {
                #expect(places.contains(error.offset), "\(text)")
            }
            do { #expect(try TagPattern(text).text == text) } catch {
                #expect(places.contains(error.offset), "\(text)")
            }
            do { #expect(try VersionRange(text).text == text) } catch {
                #expect(places.contains(error.offset), "\(text)")
            }
            do { #expect(try NameTemplate(text).text == text) } catch {
                #expect(places.contains(error.offset), "\(text)")
            }
            do { #expect(try ReferenceList(Array(text.utf8)).entries.count <= 10) } catch {
                guard case .mistakes(let mistakes) = error else {
                    Issue.record("\(error), \(text)")
                    continue
                }
                #expect(mistakes.allSatisfy { (1...text.utf8.count + 1).contains($0.column) }, "\(text)")
            }
        }
    }

    @Test(arguments: UInt64(1)...30)
    func `what reads as a version has an order and fits its own range`(_ seed: UInt64) throws {
        let versions = texts(seed, of: Self.versionPieces, count: 500)
            .compactMap { text in (try? TagName(text)).flatMap { TagVersion($0) } }
        #expect(versions.count > 10)
        let sorted = versions.sorted()
        for (lower, higher) in zip(sorted, sorted.dropFirst()) {
            #expect(!(higher < lower), "seed \(seed): \(lower), \(higher)")
            #expect((lower < higher) != (lower == higher), "seed \(seed): \(lower), \(higher)")
        }
        // In a range, an x behind a dot leaves the end open.
        for version in versions where !version.number.prerelease.contains(.word("x")) {
            let range = try VersionRange(">=\(version.number)")
            #expect(range.contains(version.number), "seed \(seed): \(version.number)")
        }
    }
}
