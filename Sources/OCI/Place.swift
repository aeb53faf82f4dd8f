// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// Where repositories are: a registry, a folder, or a file.
public enum Place: Hashable, Sendable {
    /// A registry, and the scheme that is written in front of it, if one is.
    case registry(RegistryHost, Scheme?)
    /// A folder with many repositories: `layout:DIR`.
    case layout(String)
    /// A folder that is one OCI image layout: `oci:DIR`; it has one repository, whose name is of no account.
    case oci(String)
    /// A file with many repositories, to read from: `bundle:FILE`.
    case bundle(String)

    /// The registry; `nil` for a folder or a file.
    public var host: RegistryHost? { if case .registry(let host, _) = self { host } else { nil } }

    /// Whether both are one place, however their scheme is written.
    public func isSame(as other: Place) -> Bool {
        switch (self, other) {
        case (.registry(let host, let scheme), .registry(let otherHost, let otherScheme)):
            let standard: Scheme = host.isLoopback ? .http : .https
            return host == otherHost && (scheme ?? standard) == (otherScheme ?? standard)
        default: return self == other
        }
    }

    /// The name that the one repository of a layout goes by.
    static let onlyRepository = RepositoryName(known: "layout")
}

extension Place: CustomStringConvertible {
    /// As it stands in front of what is meant of it: `https://registry.lan/`, `layout:/srv/store`.
    public var description: String {
        switch self {
        case .registry(let host, let scheme): (scheme.map { "\($0.rawValue)://" } ?? "") + "\(host)/"
        case .layout(let path): "layout:\(path)"
        case .oci(let path): "oci:\(path)"
        case .bundle(let path): "bundle:\(path)"
        }
    }
}

extension Address {
    /// Reads the address of a folder or a file; `nil` if the text begins like none.
    ///
    /// In a store or a bundle, what follows a double slash is meant as it is in a registry: `layout:/srv/store//team/app:1.2`. What
    /// follows the last colon of `oci:DIR:tag` is a tag, unless it has a slash.
    static func folder(_ text: String) throws(AddressError) -> Address? {
        for kind in ["layout", "bundle", "oci"] where text.hasPrefix("\(kind):") {
            let rest = text.dropFirst(kind.count + 1)
            guard !rest.isEmpty, !rest.hasPrefix("//") else {
                throw AddressError(text: text, offset: kind.count + 1, reason: .missingFolder)
            }
            return switch kind {
            case "layout": try store(rest, text) { .layout($0) }
            case "bundle": try store(rest, text) { .bundle($0) }
            default: try plainLayout(rest, text)
            }
        }
        return nil
    }

    private static func store(
        _ rest: Substring,
        _ text: String,
        _ kind: (String) -> Place
    ) throws(AddressError) -> Address {
        guard let separator = rest.range(of: "//") else { return Address(place: kind(String(rest)), scope: .registry) }
        let path = rest[separator.upperBound...]
        let place = kind(String(rest[..<separator.lowerBound]))
        let base = text.utf8.count - path.utf8.count
        var address = Address(place: place, scope: .registry)
        try address.read(path, whole: text, base: base)
        return address
    }

    private static func plainLayout(_ rest: Substring, _ text: String) throws(AddressError) -> Address {
        func fail(_ part: Substring, _ reason: AddressError.Reason) -> AddressError {
            AddressError(text: text, offset: text.utf8.count - part.utf8.count, reason: reason)
        }
        if let at = rest.lastIndex(of: "@"), !rest[at...].contains("/") {
            let digest = rest[rest.index(after: at)...]
            do throws(DigestError) {
                let target = Target.digest(try Digest(String(digest)))
                return Address(place: .oci(String(rest[..<at])), scope: .image(Place.onlyRepository, target))
            } catch { throw fail(digest, .digest(error)) }
        }
        if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("/") {
            let tag = rest[rest.index(after: colon)...]
            do throws(NameError) {
                let target = Target.tag(try TagName(String(tag)))
                return Address(place: .oci(String(rest[..<colon])), scope: .image(Place.onlyRepository, target))
            } catch { throw fail(tag, .name(error)) }
        }
        return Address(place: .oci(String(rest)), scope: .repository(Place.onlyRepository))
    }
}

extension StringProtocol {
    /// The first place where `text` stands in this text.
    func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
