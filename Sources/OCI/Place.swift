// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// A form in which other tools put images into one file.
public enum ArchiveFormat: String, Hashable, Sendable, CaseIterable {
    /// A tar archive of one OCI image layout.
    case oci = "oci-archive"
    /// What `docker save` writes: a `manifest.json`, configurations and layers in a tar archive.
    case docker = "docker-archive"
}

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
    /// A file that another tool wrote, to read from: `oci-archive:FILE`, `docker-archive:FILE`.
    case archive(ArchiveFormat, String)

    /// The registry; `nil` for a folder or a file.
    public var host: RegistryHost? { if case .registry(let host, _) = self { host } else { nil } }

    /// The path of the folder or the file; `nil` for a registry.
    var path: String? {
        switch self {
        case .registry: nil
        case .layout(let path), .oci(let path), .bundle(let path), .archive(_, let path): path
        }
    }

    /// Whether both are one place, however their scheme is written.
    public func isSame(as other: Place) -> Bool {
        switch (self, other) {
        case (.registry(let host, let scheme), .registry(let otherHost, let otherScheme)):
            let standard: Scheme = host.isLoopback ? .http : .https
            return host == otherHost && (scheme ?? standard) == (otherScheme ?? standard)
        default: return self == other
        }
    }

    /// Whether what is meant of it follows its path directly, since it has one repository without a name of its own.
    var isOneLayout: Bool {
        switch self {
        case .oci: true
        case .archive(.oci, let path): !path.contains { $0 == ":" || $0 == "@" }
        case .registry, .layout, .bundle, .archive(.docker, _): false
        }
    }

    /// Whether a double slash must follow where all of it is meant.
    var needsSlashes: Bool {
        switch self {
        case .archive(.oci, _): true
        case .archive(.docker, let path): path.contains(":")
        case .registry, .layout, .bundle, .oci: false
        }
    }

    /// The name that the one repository of a layout goes by.
    package static let onlyRepository = RepositoryName(known: "layout")
}

extension Place: CustomStringConvertible {
    /// As it stands in front of what is meant of it: `https://registry.lan/`, `layout:/srv/store`.
    public var description: String {
        switch self {
        case .registry(let host, let scheme): (scheme.map { "\($0.rawValue)://" } ?? "") + "\(host)/"
        case .layout(let path): "layout:\(path)"
        case .oci(let path): "oci:\(path)"
        case .bundle(let path): "bundle:\(path)"
        case .archive(let format, let path): "\(format.rawValue):\(path)"
        }
    }
}

extension Address {
    /// Reads the address of a folder or a file; `nil` if the text begins like none.
    ///
    /// In a store or a bundle, what follows a double slash is meant as it is in a registry: `layout:/srv/store//team/app:1.2`. What
    /// follows the last colon of `oci:DIR:tag` is a tag, unless it has a slash.
    static func folder(_ text: String) throws(AddressError) -> Address? {
        guard let kind = fileKind(of: text) else { return nil }
        let rest = text.dropFirst(kind.count + 1)
        guard !rest.isEmpty, !rest.hasPrefix("//") else {
            throw AddressError(text: text, offset: kind.count + 1, reason: .missingFolder)
        }
        let address =
            switch kind {
            case "layout": try store(rest, text) { .layout($0) }
            case "bundle": try store(rest, text) { .bundle($0) }
            case ArchiveFormat.docker.rawValue: try dockerArchive(rest, text)
            case ArchiveFormat.oci.rawValue: try ociArchive(rest, text)
            default: try plainLayout(rest, text)
            }
        guard address.place.path != "" else {
            throw AddressError(text: text, offset: kind.count + 1, reason: .missingFolder)
        }
        return address
    }

    /// The word in front of a text that names a folder or a file; `nil` for the address of a registry.
    static func fileKind(of text: String) -> String? {
        let kinds = ["layout", "bundle", "oci"] + ArchiveFormat.allCases.map(\.rawValue)
        return kinds.first { text.hasPrefix("\($0):") }
    }

    private static func store(
        _ rest: Substring,
        _ text: String,
        _ kind: (String) -> Place
    ) throws(AddressError) -> Address {
        guard let separator = rest.range(of: "//") else { return Address(place: kind(String(rest)), scope: .registry) }
        // In front of the two, the path of the place may end with a slash of its own.
        let slashes = rest[separator.lowerBound...].prefix { $0 == "/" }
        let path = rest[slashes.endIndex...]
        let place = kind(String(rest[..<slashes.endIndex].dropLast(2)))
        let base = text.utf8.count - path.utf8.count
        var address = Address(place: place, scope: .registry)
        try address.read(path, whole: text, base: base)
        return address
    }

    /// In what `docker save` wrote, what follows a double slash is meant as in a bundle, and what follows the first colon is one
    /// image by its name, as skopeo takes it.
    private static func dockerArchive(_ rest: Substring, _ text: String) throws(AddressError) -> Address {
        guard rest.range(of: "//") == nil, let colon = rest.firstIndex(of: ":") else {
            return try store(rest, text) { .archive(.docker, $0) }
        }
        let file = rest[..<colon]
        if let at = file.lastIndex(of: "@"), Digest.Algorithm(rawValue: String(file[at...].dropFirst())) != nil {
            let offset = text.utf8.count - rest[at...].utf8.count
            throw AddressError(text: text, offset: offset, reason: .digestOfNoRepository)
        }
        let place = Place.archive(.docker, String(file))
        return try image(named: rest[rest.index(after: colon)...], in: place, text)
    }

    /// What follows the first colon of an archive is a tag, or the whole name of an image, as skopeo takes it; what follows a
    /// double slash is meant as in a bundle.
    private static func ociArchive(_ rest: Substring, _ text: String) throws(AddressError) -> Address {
        if rest.range(of: "//") != nil { return try store(rest, text) { .archive(.oci, $0) } }
        let file = rest.prefix { $0 != ":" }
        // The colon of a digest that stands behind the path is no other.
        if let at = file.lastIndex(of: "@"), !file[at...].contains("/"), file.endIndex < rest.endIndex {
            let digest = rest[rest.index(after: at)...]
            do throws(DigestError) {
                let target = Target.digest(try Digest(String(digest)))
                let place = Place.archive(.oci, String(rest[..<at]))
                return Address(place: place, scope: .image(Place.onlyRepository, target))
            } catch {
                throw AddressError(text: text, offset: text.utf8.count - digest.utf8.count, reason: .digest(error))
            }
        }
        let place = Place.archive(.oci, String(file))
        guard file.endIndex < rest.endIndex else {
            return Address(place: place, scope: .repository(Place.onlyRepository))
        }
        let name = rest[rest.index(after: file.endIndex)...]
        if let tag = try? TagName(String(name)) {
            return Address(place: place, scope: .image(Place.onlyRepository, .tag(tag)))
        }
        return try image(named: name, in: place, text)
    }

    /// One image of an archive by its name, of which the registry is left away; a tag beside a digest is kept.
    private static func image(
        named name: Substring,
        in place: Place,
        _ text: String
    ) throws(AddressError) -> Address {
        do throws(AddressError) {
            var address = try Address.image(String(name))
            address.place = place
            return address
        } catch {
            // What may be a password was taken out of the error's text, and stays out.
            if error.reason == .userInformation { throw error }
            let offset = text.utf8.count - name.utf8.count + error.offset
            throw AddressError(text: text, offset: offset, reason: error.reason)
        }
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
