// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Replication

/// Takes the image references out of a text: YAML or JSON as Kubernetes, Helm and Compose have it, or a list with one a line.
///
/// Which of them it is, its content tells: a list has no mapping.
struct ImageFile {
    /// The largest text that is read.
    static let maximumSize = 16 << 20
    /// The most images that a text may name.
    static let maximumImages = 100_000
    /// After so many mistakes nobody reads on.
    static let maximumMistakes = 100

    /// What it names, in its order, each image once.
    let images: [ListedImage]
    /// What stands where an image could, and cannot be one: it is left out; a sentence each.
    let warnings: [String]

    /// Reads a text.
    /// - Parameters:
    ///   - name: The file, as it is shown.
    ///   - limit: The most images that it may name.
    /// - Throws: ``ConfigMistakes`` with all that is wrong, in the order of the text.
    init(_ bytes: [UInt8], name: String, limit: Int = Self.maximumImages) throws(ConfigMistakes) {
        // Some editors mark UTF-8 with these.
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let bytes = bytes.starts(with: mark) ? Array(bytes.dropFirst(mark.count)) : bytes
        let finds = ImageFinds(file: name, limit: limit)
        if bytes.count > Self.maximumSize {
            finds.report(.tooLarge(Self.maximumSize), at: .start)
        } else if String(validating: bytes, as: UTF8.self) == nil {
            finds.report(.notText, at: .start)
        } else if ImageText.isYAML(bytes) {
            ManifestImages.find(in: bytes, finds)
        } else {
            Self.readLines(of: bytes, finds)
        }
        guard finds.mistakes.isEmpty else {
            throw ConfigMistakes(file: name, mistakes: finds.mistakes.sorted { $0.mark < $1.mark })
        }
        images = finds.images
        warnings = ConfigWording.lines(for: ConfigMistakes(file: name, mistakes: finds.doubtful))
            .map { "left out: \($0)" }
    }

    private static func readLines(of bytes: [UInt8], _ finds: ImageFinds) {
        do throws(ReferenceListError) {
            let list = try ReferenceLines(bytes, maximumBytes: maximumSize)
            for mistake in list.mistakes where finds.goesOn {
                finds.report(.afterReference, at: .init(line: mistake.line, column: mistake.column))
            }
            for line in list.lines where finds.goesOn {
                let text = String(decoding: line.reference, as: UTF8.self)
                finds.take(text, at: .init(line: line.number, column: line.column), isCertain: true)
            }
        } catch { finds.report(.badFile(Wording.sentence(for: error)), at: .start) }
    }
}
