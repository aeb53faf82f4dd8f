// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// The two ways to speak to a registry.
public enum Scheme: String, Hashable, Sendable {
    /// Plain HTTP.
    case http
    /// HTTP over TLS.
    case https

    /// The port where none is written.
    public var defaultPort: Int { self == .http ? 80 : 443 }
}

/// A place as a person writes it: a registry, some of its repositories, or one image.
///
/// | Text | Meaning |
/// |---|---|
/// | `nginx`, `nginx:1.27` | an image of Docker Hub's `library` |
/// | `host/path:tag`, `host/path@sha256:…` | one image |
/// | `host/path` | exactly that repository |
/// | `host/path/*` | every repository one level below |
/// | `host/path/**` | every repository below |
/// | `host/` | the whole registry |
/// | `layout:DIR`, `layout:DIR//path:tag` | a store of many repositories, and what is meant of it as of a registry |
/// | `oci:DIR`, `oci:DIR:tag` | one OCI image layout, and one image of it |
/// | `bundle:FILE`, `bundle:FILE//path:tag` | a file of many repositories, and what is meant of it as of a registry |
/// | `docker-archive:FILE`, `docker-archive:FILE//path:tag`, `docker-archive:FILE:path:tag` | the same of what `docker save` wrote |
/// | `oci-archive:FILE`, `oci-archive:FILE:tag`, `oci-archive:FILE:host/path:tag` | one OCI image layout in a file, and one image of it |
/// | `oci-archive:FILE//path:tag` | the same, its images by their whole names, and what is meant of them as of a registry |
///
/// The first component is a host if it has a `.` or `:` or is `localhost`, and something follows it; otherwise the host
/// is `docker.io`. In front there may be `http://` or `https://`.
public struct Address: Hashable, Sendable {
    /// What part of a registry is meant.
    public enum Scope: Hashable, Sendable {
        /// Every repository.
        case registry
        /// Every repository below the given one, or below the root.
        case subtree(RepositoryName?)
        /// Every repository exactly one level below the given one, or at the root.
        case level(RepositoryName?)
        /// One repository.
        case repository(RepositoryName)
        /// One image.
        case image(RepositoryName, Target)
    }

    /// Where it is.
    public var place: Place
    /// What of it is meant.
    public var scope: Scope
    /// The tag that is written beside a digest: the digest says what is meant, the tag what it is called.
    public private(set) var writtenTag: TagName?

    /// Puts an address together from its parts.
    public init(place: Place, scope: Scope) {
        self.place = place
        self.scope = scope
    }

    /// Puts the address of a registry together from its parts.
    public init(writtenScheme: Scheme? = nil, host: RegistryHost, scope: Scope) {
        self.init(place: .registry(host, writtenScheme), scope: scope)
    }

    /// The registry; `nil` for a folder.
    public var host: RegistryHost? { place.host }

    /// The scheme that is written in front of the registry, if one is.
    public var writtenScheme: Scheme? { if case .registry(_, let scheme) = place { scheme } else { nil } }

    /// The scheme that requests use: the written one, or HTTP on loopback, or HTTPS; `nil` for a folder.
    ///
    /// It is chosen before the first request, and there is no fallback.
    public var scheme: Scheme? {
        guard case .registry(let host, let written) = place else { return nil }
        return written ?? (host.isLoopback ? .http : .https)
    }

    /// Reads an address.
    /// - Throws: ``AddressError`` with the place of the mistake.
    public init(_ text: String) throws(AddressError) {
        func fail(_ offset: Int, _ reason: AddressError.Reason) -> AddressError {
            AddressError(text: text, offset: offset, reason: reason)
        }
        guard !text.isEmpty else { throw fail(0, .empty) }
        guard text.utf8.count <= 4096 else { throw fail(4096, .tooLong) }
        if let folder = try Self.folder(text) {
            self = folder
            return
        }
        try self.init(inRegistry: text)
    }

    /// Reads a reference as container runtimes do: one image of a registry, its tag `latest` unless it says which.
    ///
    /// No scheme can stand in front of it, and `layout:1` is an image of Docker Hub's `library`.
    /// - Returns: An address whose scope is `image`.
    /// - Throws: ``AddressError`` with the place of the mistake.
    public static func image(_ text: String) throws(AddressError) -> Address {
        guard !text.isEmpty else { throw AddressError(text: text, offset: 0, reason: .empty) }
        guard text.utf8.count <= 4096 else { throw AddressError(text: text, offset: 4096, reason: .tooLong) }
        var address = try Address(inRegistry: text)
        guard address.writtenScheme == nil else { throw AddressError(text: text, offset: 0, reason: .notAnImage) }
        switch address.scope {
        case .image: return address
        case .repository(let name): address.scope = .image(name, .tag(.latest))
        case .registry, .subtree, .level: throw AddressError(text: text, offset: 0, reason: .notAnImage)
        }
        return address
    }

    private init(inRegistry text: String) throws(AddressError) {
        func fail(_ offset: Int, _ reason: AddressError.Reason) -> AddressError {
            AddressError(text: text, offset: offset, reason: reason)
        }
        var rest = Substring(text)
        var writtenScheme: Scheme?
        for scheme in [Scheme.https, .http] where rest.hasPrefix("\(scheme.rawValue)://") {
            writtenScheme = scheme
            rest = rest.dropFirst(scheme.rawValue.count + 3)
            break
        }
        var base = text.utf8.distance(from: text.startIndex, to: rest.startIndex)
        if let at = Self.userInformationEnd(rest, isURL: writtenScheme != nil) {
            // What may be a password is not kept.
            throw AddressError(text: "…\(rest[at...])", offset: 0, reason: .userInformation)
        }
        if let separator = rest.range(of: "://") {
            throw fail(base, .unknownScheme(String(rest[..<separator.lowerBound])))
        }
        let first = rest.prefix { $0 != "/" }
        let host: RegistryHost
        if first.endIndex < rest.endIndex, writtenScheme != nil || Self.looksLikeHost(first) {
            do {
                host = try RegistryHost(String(first))
            } catch {
                throw fail(base, Self.kindOfPlace(first).map { .unknownPlace($0) } ?? .name(error))
            }
            rest = rest[rest.index(after: first.endIndex)...]
            base = text.utf8.distance(from: text.startIndex, to: rest.startIndex)
        } else if writtenScheme != nil || Self.isBareHost(rest) {
            throw fail(base, .bareHost(String(rest)))
        } else {
            host = .dockerHub
        }
        self.init(place: .registry(host, writtenScheme), scope: .registry)
        try read(rest, whole: text, base: base)
    }

    /// Reads a place below which repositories are named: `host/` for the whole registry, `host/path` for a path in it.
    ///
    /// `docker.io/library` is Docker Hub's `library` here, where a repository of that name would be in it.
    /// - Returns: An address whose scope is `registry` or `repository`; what is written with a star, a tag or a digest means
    ///   what it always does, and is no such place.
    /// - Throws: ``AddressError`` with the place of the mistake.
    public static func base(_ text: String) throws(AddressError) -> Address {
        let kind = fileKind(of: text)
        let isStore = kind.map { ["layout", "bundle", ArchiveFormat.docker.rawValue].contains($0) } ?? false
        if kind != nil, !isStore { return try Address(text) }
        if text.hasSuffix("/"), !isStore {
            let address = try Address(text)
            guard address.scope == .registry else { throw AddressError(text: text, offset: 0, reason: .trailingSlash) }
            return address
        }
        // A host alone is what it always is; a star or a tag is found before the end.
        guard let slash = text.lastIndex(of: "/"), !text.contains("*"),
            !isStore || text.dropFirst((kind ?? "").count + 1).contains("//"),
            !text[slash...].contains(where: { $0 == ":" || $0 == "@" })
        else { return try Address(text) }
        do {
            var address = try Address("\(text)/**")
            guard case .subtree(let path?) = address.scope else { return try Address(text) }
            address.scope = .repository(path)
            return address
        } catch {
            // What may be a password was taken out of the error's text, and stays out.
            let shown = error.reason == .userInformation ? String(error.text.dropLast("/**".count)) : text
            throw AddressError(text: shown, offset: min(error.offset, text.utf8.count), reason: error.reason)
        }
    }

    /// What of its place an address covers that was read as a base: everything below its path.
    public var baseScope: Scope { if case .repository(let path) = scope { .subtree(path) } else { scope } }

    /// Reads what of the place is meant.
    /// - Parameters:
    ///   - text: The whole address, for errors.
    ///   - base: The byte of it at which the path begins.
    mutating func read(_ path: Substring, whole text: String, base: Int) throws(AddressError) {
        let part = try Self.part(of: path, place: place, whole: text, base: base)
        scope = part.scope
        writtenTag = part.tag
    }

    private static func part(
        of path: Substring,
        place: Place,
        whole text: String,
        base: Int
    ) throws(AddressError) -> (scope: Scope, tag: TagName?) {
        func fail(_ offset: Int, _ reason: AddressError.Reason) -> AddressError {
            AddressError(text: text, offset: offset, reason: reason)
        }
        func name(_ part: Substring) throws(AddressError) -> RepositoryName {
            do {
                let name = try RepositoryName(String(part))
                return place.host == .dockerHub && !part.contains("/") ? try RepositoryName("library/\(part)") : name
            } catch {
                throw fail(base, .name(NameError(kind: .repository, text: String(part), reason: error.reason)))
            }
        }
        func tag(_ part: Substring) throws(AddressError) -> TagName {
            do { return try TagName(String(part)) } catch {
                throw fail(base + path.utf8.distance(from: path.startIndex, to: part.startIndex), .name(error))
            }
        }
        func prefix(before wildcard: String) throws(AddressError) -> RepositoryName? {
            let parent = path.dropLast(wildcard.utf8.count)
            guard !parent.isEmpty else { return nil }
            do { return try RepositoryName(String(parent.dropLast())) } catch { throw fail(base, .name(error)) }
        }
        if path.isEmpty { return (.registry, nil) }
        if path == "**" || path.hasSuffix("/**") { return (.subtree(try prefix(before: "**")), nil) }
        if path == "*" || path.hasSuffix("/*") { return (.level(try prefix(before: "*")), nil) }
        if let star = path.utf8.firstIndex(of: UInt8(ascii: "*")) {
            throw fail(base + path.utf8.distance(from: path.startIndex, to: star), .wildcard)
        }
        if let at = path.firstIndex(of: "@") {
            let digestText = String(path[path.index(after: at)...])
            let digest: Digest
            do { digest = try Digest(digestText) } catch {
                throw fail(base + path.utf8.distance(from: path.startIndex, to: at) + 1, .digest(error))
            }
            // As docker does: with both a tag and a digest, the digest is what counts.
            var repository = path[..<at]
            var written: TagName?
            if let colon = repository.lastIndex(of: ":") {
                written = try tag(path[path.index(after: colon)..<at])
                repository = repository[..<colon]
            }
            return (.image(try name(repository), .digest(digest)), written)
        }
        if let colon = path.lastIndex(of: ":") {
            let written = try tag(path[path.index(after: colon)...])
            return (.image(try name(path[..<colon]), .tag(written)), nil)
        }
        if path.hasSuffix("/") { throw fail(text.utf8.count, .trailingSlash) }
        return (.repository(try name(path)), nil)
    }

    /// The `@` behind a user name and perhaps a password in front of a host.
    ///
    /// In `name@sha256:…` a digest follows.
    private static func userInformationEnd(_ text: Substring, isURL: Bool) -> Substring.Index? {
        let first = text.prefix { $0 != "/" }
        guard let at = first.lastIndex(of: "@") else { return nil }
        return isURL || first.endIndex < text.endIndex || isBareHost(first[at...].dropFirst()) ? at : nil
    }

    private static func looksLikeHost(_ component: Substring) -> Bool {
        component == "localhost" || component.contains(".") || component.contains(":")
    }

    /// Whether a text without a slash is more likely a registry than an image of Docker Hub: `localhost:5000`,
    /// `registry.lan`, `[::1]`. (`redis:7` is an image.)
    private static func isBareHost(_ text: Substring) -> Bool {
        let name = text.prefix { $0 != ":" && $0 != "@" }
        return name == "localhost" || name.contains(".") || text.hasPrefix("[")
    }

    /// The word in front of a colon that no host can have as its end, `layout` in `layout:/srv/images`.
    private static func kindOfPlace(_ component: Substring) -> String? {
        guard let colon = component.firstIndex(of: ":"), !component.hasPrefix("[") else { return nil }
        let after = component[component.index(after: colon)...]
        return after.allSatisfy(\.isNumber) && !after.isEmpty ? nil : String(component[..<colon])
    }
}

extension Address: CustomStringConvertible {
    /// The address in its full form, with the host written out.
    public var description: String {
        if place.isOneLayout, writtenTag == nil {
            switch scope {
            case .repository(Place.onlyRepository): return place.description
            case .image(Place.onlyRepository, let target): return "\(place)\(target)"
            default: break
            }
        }
        if case .registry = scope, !place.needsSlashes { return place.description }
        let place = place.host == nil ? "\(place)//" : place.description
        switch scope {
        case .registry: return place
        case .subtree(let parent): return place + (parent.map { "\($0)/**" } ?? "**")
        case .level(let parent): return place + (parent.map { "\($0)/*" } ?? "*")
        case .repository(let name): return place + name.text
        case .image(let name, let target): return place + "\(name)\(writtenTag.map { ":\($0)" } ?? "")\(target)"
        }
    }
}

extension Address.Scope {
    /// The path below which all lies that is meant; `nil` for a whole registry, and for what is one repository itself.
    public var base: RepositoryName? {
        switch self {
        case .subtree(let parent), .level(let parent): parent
        case .registry, .repository, .image: nil
        }
    }

    /// Whether a repository of the catalog is meant.
    public func includes(_ name: RepositoryName) -> Bool {
        switch self {
        case .registry, .subtree(nil): true
        case .level(nil): !name.text.contains("/")
        case .subtree(let parent?): name.text.hasPrefix("\(parent)/")
        case .level(let parent?):
            name.text.hasPrefix("\(parent)/") && !name.text.dropFirst(parent.text.count + 1).contains("/")
        case .repository(let own), .image(let own, _): own == name
        }
    }
}

/// Why a text is not an address, and where.
public struct AddressError: Error, Hashable, Sendable {
    /// What was wrong.
    public enum Reason: Hashable, Sendable {
        /// There is nothing.
        case empty
        /// The text has more than 4096 bytes.
        case tooLong
        /// Another scheme than `http` and `https` is written.
        case unknownScheme(String)
        /// A user name or a password stands in front of the host.
        case userInformation
        /// The folder is missing behind the kind of place.
        case missingFolder
        /// A word stands in front of a colon that names no kind of place.
        case unknownPlace(String)
        /// A host stands alone, and it is not clear whether the registry or an image is meant.
        case bareHost(String)
        /// A host, repository or tag breaks its grammar.
        case name(NameError)
        /// The digest cannot be used.
        case digest(DigestError)
        /// A digest follows a file that has several repositories, without saying in which of them it is.
        case digestOfNoRepository
        /// A `*` stands elsewhere than at the end, after a slash.
        case wildcard
        /// A slash ends the address, but a path stands before it.
        case trailingSlash
        /// One image is to be named, and something else is.
        case notAnImage
    }

    /// The text that was to be read.
    public let text: String
    /// The byte in the text at which the mistaken part begins, from 0.
    public let offset: Int
    /// What was wrong.
    public let reason: Reason
}
