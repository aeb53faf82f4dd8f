// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

@testable import OCI
import OCIContent
@testable import OCIRegistry
@testable import Replication
import Testing
@testable import mirror

@Suite struct WordingTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let error: any Error
        let sentence: String
        var hint: String?

        init(_ error: any Error, _ sentence: String, hint: String? = nil) {
            self.error = error
            self.sentence = sentence
            self.hint = hint
        }

        var testDescription: String { sentence }
    }

    private static let ones = "sha256:" + String(repeating: "1", count: 64)
    private static let twos = "sha256:" + String(repeating: "2", count: 64)

    private static func addressError(_ text: String) -> AddressError? {
        do {
            _ = try Address(text)
            return nil
        } catch { return error }
    }

    private static func refusal(_ reason: OutboundRefusal.Reason, _ purpose: OutboundPolicy.Purpose) throws -> any Error
    {
        let origin = RequestURL.Origin(scheme: .https, host: try RegistryHost("registry.lan"))
        return try Sample.error(
            .refused(OutboundRefusal(purpose: purpose, origin: origin, target: "http://evil.test:80", reason: reason)),
            action: .upload,
            subject: "team/app",
            host: "registry.lan"
        )
    }

    static func rows() throws -> [Row] {
        [
            Row(
                try Sample.error(.status(401, [])),
                "cannot fetch the manifest registry.lan:5000/team/app:1: the registry answered 401",
                hint:
                    "mirror auth doctor registry.lan:5000 shows which credential is used; mirror login registry.lan:5000 changes it"
            ),
            Row(
                try Sample.error(
                    .status(403, [SpecError(code: "DENIED", message: "go away"), SpecError(code: "X", message: "")]),
                    action: .listTags,
                    subject: "team/app"
                ),
                "cannot list the tags of registry.lan:5000/team/app: the registry answered 403 DENIED (go away), X",
                hint:
                    "mirror auth doctor registry.lan:5000 shows which credential is used; mirror login registry.lan:5000 changes it"
            ),
            Row(
                try Sample.error(.status(404, []), action: .startUpload, subject: "team/app"),
                "cannot start the upload of registry.lan:5000/team/app: the registry answered 404",
                hint: "check the host, and whether the repository must be created first"
            ),
            Row(
                try Sample.error(
                    .status(404, [SpecError(code: "NAME_UNKNOWN", message: "")]),
                    action: .startUpload,
                    subject: "team/app@\(ones)",
                    host: "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
                ),
                "cannot start the upload of 123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/app@\(ones): the registry "
                    + "answered 404 NAME_UNKNOWN",
                hint:
                    "create the repository first (aws ecr create-repository --region eu-central-1 --repository-name team/app), or "
                    + "let it be done: create: {} of the host in the configuration"
            ),
            Row(
                try Sample.error(
                    .status(404, [SpecError(code: "NAME_UNKNOWN", message: "")]),
                    action: .writeManifest,
                    subject: "alias/app:1",
                    host: "public.ecr.aws"
                ),
                "cannot write the manifest public.ecr.aws/alias/app:1: the registry answered 404 NAME_UNKNOWN",
                hint:
                    "create the repository first (aws ecr-public create-repository --region us-east-1 --repository-name app)"
            ),
            Row(
                try Sample.error(.status(404, [SpecError(code: "NAME_UNKNOWN", message: "")]), action: .startUpload),
                "cannot start the upload of registry.lan:5000/team/app:1: the registry answered 404 NAME_UNKNOWN",
                hint: "create the repository team/app there first"
            ),
            Row(
                try Sample.error(.status(403, []), action: .createRepository, subject: "team"),
                "cannot create registry.lan:5000/team: the registry answered 403",
                hint: "let the user of registry.lan:5000 create projects, or create it by hand"
            ),
            Row(
                try Sample.error(.status(413, []), action: .upload),
                "cannot upload registry.lan:5000/team/app:1: the registry answered 413",
                hint: "raise the limit of the registry, or of the proxy in front of it"
            ),
            Row(
                try Sample.error(.status(429, []), action: .resolve),
                "cannot look up registry.lan:5000/team/app:1: the registry answered 429",
                hint: "run the same command again later; what was copied stays"
            ),
            Row(
                try Sample.error(.status(500, []), action: .writeManifest),
                "cannot write the manifest registry.lan:5000/team/app:1: the registry answered 500"
            ),
            Row(
                try Sample.error(.connection(.refused), action: .listRepositories, subject: ""),
                "cannot list the repositories of registry.lan:5000: the connection was refused",
                hint: "check that the registry runs, and the port"
            ),
            Row(
                try Sample.error(.connection(.unknownHost("registry.lan")), action: .readBlob),
                "cannot fetch the blob registry.lan:5000/team/app:1: the host name registry.lan cannot be resolved",
                hint: "check the spelling, and the name servers of this machine"
            ),
            Row(
                try Sample.error(.connection(.plainHTTP), action: .listRepositories, subject: ""),
                "cannot list the repositories of registry.lan:5000: "
                    + "the host answers plain HTTP where HTTPS was expected",
                hint: "write http://registry.lan:5000/… if that is what you want"
            ),
            Row(
                try Sample.error(.connection(.stalled(after: .seconds(60))), action: .findBlob),
                "cannot ask for the blob registry.lan:5000/team/app:1: nothing moved for 1 min 0 s"
            ),
            Row(
                try refusal(.otherOrigin, .upload),
                "cannot upload registry.lan/team/app: the address for the upload leads to another host, "
                    + "http://evil.test:80, which is not followed",
                hint: "if that host may take the images, name it in the configuration: upload-hosts"
            ),
            Row(
                try refusal(.otherOrigin, .page),
                "cannot upload registry.lan/team/app: the link to the next page leads to another host, "
                    + "http://evil.test:80, which is not followed"
            ),
            Row(
                try Sample.error(.connection(.proxy(wantsLogin: true)), action: .signIn, subject: ""),
                "cannot sign in to registry.lan:5000: the proxy asks for a user name and a password, or for others",
                hint: "write them into the address of the proxy: http://user:password@host:port"
            ),
            Row(
                try Sample.error(.connection(.proxy(wantsLogin: false)), action: .signIn, subject: ""),
                "cannot sign in to registry.lan:5000: the proxy does not connect to it"
            ),
            Row(
                try refusal(.downgrade, .redirect),
                "cannot upload registry.lan/team/app: a redirect leads from HTTPS to plain HTTP: http://evil.test:80",
                hint: "let the proxy in front of the registry send X-Forwarded-Proto, "
                    + "so that the registry knows its own scheme"
            ),
            Row(
                try refusal(.addressClass(.linkLocal), .redirect),
                "cannot upload registry.lan/team/app: a redirect leads to a link-local or metadata address, "
                    + "http://evil.test:80, which is not followed"
            ),
            Row(
                try Sample.error(
                    .status(403, []),
                    action: .listTags,
                    subject: "acme/app",
                    host: "docker.io",
                    service: "https://hub.docker.com"
                ),
                "cannot list the tags of docker.io/acme/app: its API https://hub.docker.com answered 403",
                hint: "mirror auth doctor docker.io shows which credential is used; mirror login docker.io changes it"
            ),
            Row(
                try Sample.error(
                    .connection(.closed),
                    action: .listTags,
                    subject: "acme/app",
                    host: "docker.io",
                    service: "https://hub.docker.com"
                ),
                "cannot list the tags of docker.io/acme/app: its API https://hub.docker.com: the connection was cut"
            ),
            Row(
                CatalogUnavailable(place: "docker.io"),
                "docker.io does not list its repositories",
                hint:
                    "name a namespace, as in 'docker.io/acme/**', or a repository, with --all-tags for all of its tags"
            ),
            Row(
                SideFailure.wrapping(ContentError.missing(Sample.digest(1)), side: .source),
                "the source does not have \(ones), although a manifest points to it"
            ),
            Row(
                ContentError.tooLong(Sample.digest(1), expected: 10),
                "\(ones) has more than the 10 bytes that its manifest states"
            ),
            Row(
                ContentError.tooShort(Sample.digest(1), expected: 10, received: 3),
                "\(ones) ended after 3 of 10 bytes"
            ),
            Row(
                ContentError.wrongDigest(expected: Sample.digest(1), actual: Sample.digest(2)),
                "what came for \(ones) is \(twos)"
            ),
            Row(
                ContentError.wrongSize(Sample.digest(1), expected: 10, stated: 11),
                "\(ones) has 11 bytes where its manifest states 10"
            ),
            Row(
                ManifestError.schema1,
                "the image is in Docker's schema 1 format, which cannot be mirrored: its digest is not of its bytes",
                hint: "have the image pushed again by a current client"
            ),
            Row(
                DigestRefused(content: .manifests, algorithm: .sha512, place: "to.lan"),
                "sha512 digests of manifests are not held by to.lan, which refused a right one",
                hint: "a folder (layout:DIR, oci:DIR) and mirror serve hold them; or have the image pushed again with "
                    + "sha256 digests"
            ),
            Row(ManifestError.ambiguous("has both"), "the manifest can be read in two ways: it has both"),
            Row(
                ManifestError.typeMismatch(header: .ociIndex, document: .ociManifest),
                "the manifest is called \(MediaType.ociIndex), but calls itself \(MediaType.ociManifest)"
            ),
            Row(
                ManifestError.digest(.unsupportedAlgorithm("blake3")),
                "the manifest cannot be used: digests of the algorithm blake3 cannot be verified here"
            ),
            Row(
                GraphError.missingChild(Sample.digest(1), of: Sample.digest(2)),
                "the source does not have \(ones), to which the index \(twos) points"
            ),
            Row(GraphError.tooDeep(limit: 8), "its indexes stand in each other more than 8 deep"),
            Row(GraphError.tooManyManifests(limit: 1000), "it has more than 1000 manifests"),
            Row(
                RootMissing(target: .tag(.latest)),
                "there is no :latest at the source",
                hint: "mirror list shows what is there"
            ),
            Row(AllTagsError(), "--all-tags goes with a repository, but the source names one image"),
            Row(CancellationError(), "it was interrupted"),
            Row(
                MappingError.destinationNeedsRepository,
                "the source is one repository, and the destination does not say what to call it",
                hint: "name the repository at the destination, too"
            ),
            Row(MappingError.manyToOneTag, "the destination names one tag, and the source many"),
            Row(
                try #require(addressError("localhost:5000")),
                "cannot read the address \"localhost:5000\", byte 1: localhost:5000 alone could be a registry or an image",
                hint: "write localhost:5000/ for the whole registry, localhost:5000/path for a repository"
            ),
            Row(
                try #require(addressError("host.lan/a*")),
                "cannot read the address \"host.lan/a*\", byte 11: a * can only stand at the end, after a slash",
                hint: "write host/path/* for one level below, host/path/** for all levels"
            ),
            Row(
                try #require(addressError("ftp://h/")),
                "cannot read the address \"ftp://h/\", byte 1: ftp:// is not known; "
                    + "registries are spoken to by http:// or https://"
            ),
            Row(Fault(description: "something else"), "something else"),
        ]
    }

    @Test(arguments: try rows())
    func `each error has its sentence and its hint`(_ row: Row) {
        #expect(Wording.sentence(for: row.error) == row.sentence)
        #expect(Wording.hint(for: row.error) == row.hint)
        let wrapped = SideFailure.wrapping(row.error, side: .source)
        #expect(Wording.sentence(for: wrapped) == row.sentence)
        #expect(Wording.hint(for: wrapped) == row.hint)
    }

    @Test(arguments: try rows())
    func `a sentence has no full stop and no line break`(_ row: Row) {
        #expect(!row.sentence.hasSuffix("."))
        #expect(!Wording.sentence(for: row.error).contains("\n"))
    }

    private static let evil = "\u{1B}]0;x\u{7}\r\n\u{202E}\u{200B}"

    static func evilErrors() throws -> [any Error] {
        var errors: [any Error] = [
            try Sample.error(.status(400, [SpecError(code: evil, message: evil)])),
            try Sample.error(.answer(evil)),
            try Sample.error(.connection(.tls(evil))),
            try Sample.error(.connection(.other(evil))),
            try Sample.error(.connection(.unknownHost(evil))),
            CatalogUnavailable(place: evil),
            ManifestError.ambiguous(evil),
            ManifestError.malformed(evil),
            ManifestError.digest(.malformed(evil)),
            ManifestError.invalidJSON(StrictJSONError(offset: 1, reason: .duplicateName(evil))),
            DigestError.malformed(evil),
            Fault(description: evil),
        ]
        for text in [evil, "h.lan/\(evil)", "localhost:\(evil)", "x://\(evil)", "h.lan/a:\(evil)", "h.lan/a@\(evil)"] {
            if let error = addressError(text) { errors.append(error) }
        }
        do { _ = try RepositoryName(evil) } catch { errors.append(error) }
        return errors
    }

    @Test func `what a server or a stranger wrote is escaped in sentences and hints (P03)`() throws {
        let errors = try Self.evilErrors()
        #expect(errors.count >= 17)
        for error in errors {
            for text in [Wording.sentence(for: error), Wording.hint(for: error) ?? ""] {
                #expect(text.printable == text, "\(type(of: error))")
                #expect(!text.unicodeScalars.contains { $0.value < 0x20 }, "\(type(of: error))")
            }
        }
    }

    @Test func `long texts of strangers are cut`() throws {
        let long = String(repeating: "x", count: 100_000)
        for error in [DigestError.malformed(long) as any Error, try #require(Self.addressError(long))] {
            #expect(Wording.sentence(for: error).count < 600)
        }
    }
}
