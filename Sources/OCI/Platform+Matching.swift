// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

extension Platform {
    /// Reads `os/architecture` or `os/architecture/variant`, in the normal form; `nil` for any other text.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let isWritten = parts.allSatisfy { part in
            !part.isEmpty
                && part.utf8.allSatisfy { byte in
                    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                        || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
                }
        }
        guard isWritten, parts.count == 2 || parts.count == 3 else { return nil }
        self = Platform(os: parts[0], architecture: parts[1], variant: parts.count == 3 ? parts[2] : nil).normalized
    }

    /// The same platform as container runtimes call it (containerd/platforms, `normalizeArch` and `normalizeOS`): `aarch64` is
    /// `arm64`, and `arm64/v8` is `arm64`.
    public var normalized: Platform {
        let os = os.lowercased() == "macos" ? "darwin" : os.lowercased()
        let variant = variant?.lowercased() ?? ""
        func platform(_ architecture: String, _ variant: String?) -> Platform {
            Platform(os: os, architecture: architecture, variant: variant)
        }
        let other = variant.isEmpty ? nil : variant
        switch architecture.lowercased() {
        case "i386", "386": return platform("386", nil)
        case "x86_64", "x86-64", "amd64": return platform("amd64", variant == "v1" ? nil : other)
        case "aarch64", "arm64": return platform("arm64", variant == "8" || variant == "v8" ? nil : other)
        case "armhf": return platform("arm", "v7")
        case "armel": return platform("arm", "v6")
        case "arm":
            switch variant {
            case "", "7": return platform("arm", "v7")
            case "5", "6", "8": return platform("arm", "v\(variant)")
            default: return platform("arm", variant)
            }
        case let architecture: return platform(architecture, other)
        }
    }

    /// The platforms whose images run on this one, the best first, as container runtimes choose (containerd/platforms,
    /// `platformVector`): an older variant where the own one is missing, and 32 bits where 64 are.
    public var runnable: [Platform] {
        let own = normalized
        func platform(_ architecture: String, _ variant: String?) -> Platform {
            Platform(os: own.os, architecture: architecture, variant: variant)
        }
        func older(_ architecture: String, than variant: String, downTo last: Int) -> [Platform] {
            guard variant.hasPrefix("v"), let number = Int(variant.dropFirst()), number > last, number < 100 else {
                return []
            }
            return (last..<number).reversed().map { platform(architecture, "v\($0)").normalized }
        }
        switch own.architecture {
        case "amd64":
            return [own] + older("amd64", than: own.variant ?? "v1", downTo: 1) + [platform("386", nil)]
        case "arm64":
            let base = own.variant == nil ? [] : [platform("arm64", nil)]
            return [own] + base + [platform("arm", "v8")] + older("arm", than: "v8", downTo: 5)
        case "arm": return [own] + older("arm", than: own.variant ?? "v7", downTo: 5)
        default: return [own]
        }
    }
}
