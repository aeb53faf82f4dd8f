// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// What was found in a text so far.
final class ImageFinds {
    private let file: String
    private let limit: Int
    private(set) var images: [ListedImage] = []
    private(set) var doubtful: [ConfigMistake] = []
    private(set) var mistakes: [ConfigMistake] = []
    private var seen: Set<Address> = []
    private var isFull = false

    /// - Parameter limit: The most images that are taken.
    init(file: String, limit: Int) {
        self.file = file
        self.limit = limit
    }

    /// Whether more is worth looking for.
    var goesOn: Bool { mistakes.count < ImageFile.maximumMistakes && !isFull }

    func report(_ problem: ConfigMistake.Problem, at mark: ConfigNode.Mark, _ path: ConfigPath = .root) {
        mistakes.append(ConfigMistake(mark: mark, path: path, problem: problem))
    }

    /// Takes a text that stands where an image does.
    /// - Parameter isCertain: Whether nothing else can stand there; otherwise a text that is no reference is only noted.
    func take(_ text: String, at mark: ConfigNode.Mark, _ path: ConfigPath = .root, isCertain: Bool) {
        guard let filled = ImageText.filled(text) else { return report(.unfilled(text), at: mark, path) }
        // The status of a pod has the digest of a configuration where its image had no name: nothing to be fetched.
        if Self.isImageID(filled) { return isCertain ? report(.imageID(filled), at: mark, path) : () }
        do throws(AddressError) {
            let address = try Address.image(filled)
            guard seen.insert(address).inserted, let image = ListedImage(address, file: file, mark: mark) else {
                return
            }
            guard images.count < limit else {
                isFull = true
                return report(.tooMany(limit, "images"), at: mark)
            }
            images.append(image)
        } catch {
            let mistake = ConfigMistake(mark: mark, path: path, problem: .badAddress(error))
            if isCertain {
                mistakes.append(mistake)
            } else if doubtful.count < ImageFile.maximumMistakes {
                doubtful.append(mistake)
            }
        }
    }

    /// Whether a text is what a container runtime calls an image without a name: `sha256:` and 64 digits.
    private static func isImageID(_ text: String) -> Bool { (try? Digest(text)) != nil }
}
