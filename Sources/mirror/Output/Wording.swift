// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCILayout
import OCIRegistry
import OCIServer
import Replication

/// Puts errors into words: `cannot <verb> <object> <at place>: <cause>`.
///
/// The only place where that is done.
enum Wording {
    /// One sentence, printable, without a full stop.
    static func sentence(for error: any Error) -> String { text(of: error).printable }

    /// The sentence and, where there is one, the hint on a line of its own.
    static func sentenceAndHint(for error: any Error) -> String {
        sentence(for: error) + (hint(for: error).map { "\n  hint: \($0)" } ?? "")
    }

    /// What can be tried, where that is known; printable.
    static func hint(for error: any Error) -> String? { advice(for: error)?.printable }

    private static func advice(for error: any Error) -> String? {
        switch error {
        case let error as SideFailure: advice(for: error.underlying)
        case let error as RegistryError: RegistryWording.hint(for: error)
        case let error as PullsUsedUp: RegistryWording.hint(for: error)
        case let error as PullRefused: advice(for: error.underlying)
        case let error as CatalogUnavailable where error.place == "docker.io":
            "name a namespace, as in 'docker.io/acme/**', or a repository, with --all-tags for all of its tags"
        case let error as CatalogUnavailable:
            "name a repository, as in \(error.place)/path, with --all-tags for all of its tags"
        case let error as AddressError: AddressWording.hint(for: error)
        case MappingError.destinationNeedsRepository: "name the repository at the destination, too"
        case ManifestError.schema1: "have the image pushed again by a current client"
        case let error as CredentialHelperError: CredentialWording.hint(for: error)
        case let error as SettingError: CredentialWording.hint(for: error)
        case let error as CloudCredentialError: CloudWording.hint(for: error)
        case is CompanionError: "referrers: none copies the image without them; a list of artifact types, only those"
        case is SparseIndexRefused: "index: rewritten (--index rewritten) copies a smaller index, with another digest"
        case is DigestRefused:
            "a folder (layout:DIR, oci:DIR) and mirror serve hold them; or have the image pushed again with sha256 digests"
        case is ImageNamesTaken: "list them in files of their own, and copy each to a path of its own"
        case is JobLocked: "--wait waits for it"
        case is RootMissing: "mirror list shows what is there"
        case let error as Refusal: SelectionWording.hint(for: error)
        case let error as StoreError: StoreWording.hint(for: error)
        case let error as ArchiveError: ArchiveWording.hint(for: error)
        case let error as NotABundle: ArchiveWording.hint(for: error)
        case let error as KeyFileError: ArchiveWording.hint(for: error)
        case is AssumedContentMissing:
            "import the bundles before this one, or have one made without --base; --partial imports the images that are complete"
        case is ExportManyPlatforms: "--platform linux/amd64 --index rewritten chooses one"
        case is ExportIncomplete: "what could not be read is named above"
        case is OutputIsTerminal: "-o FILE, or a pipe"
        case let error as ServePolicyError: ServeWording.hint(for: error)
        default: nil
        }
    }

    private static func text(of error: any Error) -> String {
        switch error {
        case let error as SideFailure: text(of: error.underlying)
        case let error as RegistryError: RegistryWording.sentence(for: error)
        case let error as PullsUsedUp: RegistryWording.sentence(for: error)
        case let error as PullRefused: text(of: error.underlying)
        case let error as CatalogUnavailable: "\(error.place) does not list its repositories"
        case let error as ContentError: content(error)
        case let error as ManifestError: manifest(error)
        case let error as GraphError: graph(error)
        case CompanionError.tooMany(let subject, let limit):
            "more than \(limit) signatures and other referrers hang on it, the last on \(subject.short)"
        case let error as PlatformUnwanted:
            "it is for none of the platforms that are wanted"
                + (error.platforms.isEmpty
                    ? "" : ", but for \(error.platforms.prefix(8).map(\.description).joined(separator: " "))")
        case is SparseIndexRefused:
            "the destination takes no index without all that it points to"
        case let error as DigestRefused:
            "\(error.algorithm.rawValue) digests of \(error.content.rawValue) are not held by \(error.place), which refused a right one"
        case is RepositoryEmpty: "the repository has no tags at the source, or is not there"
        case let error as RootMissing: "there is no \(error.target) at the source"
        case let error as AddressError: AddressWording.sentence(for: error)
        case let error as MappingError: AddressWording.sentence(for: error)
        case let error as NameError: AddressWording.sentence(for: error)
        case let error as DigestError: digest(error)
        case let error as SmallFileError: CredentialWording.sentence(for: error)
        case let error as CredentialFileError: CredentialWording.sentence(for: error)
        case let error as CredentialHelperError: CredentialWording.sentence(for: error)
        case let error as SettingError: CredentialWording.sentence(for: error)
        case let error as CloudCredentialError: CloudWording.sentence(for: error)
        case is CredentialFolderUnknown: "there is no place to keep credentials: HOME and DOCKER_CONFIG are not set"
        case let error as ConfigMistakes: ConfigWording.lines(for: error).joined(separator: "; ")
        case let error as TLSFileError: "cannot read \(error.path) as certificates or keys in PEM form"
        case let error as ProxyError: "\(error.variable) does not name a proxy that can be used: http://host:port"
        case let error as ConfigFileMissing: "there is no \(error.noun) \(error.path)"
        case let error as ConfigFileNotFound:
            "there is no config file: none is named by --config, and there is no \(error.places.joined(separator: ", no "))"
        case let error as StateError: "cannot use \(error.path): \(String(cString: strerror(error.number)))"
        case let error as JobNotFound:
            "there is no job \(error.name) in \(error.file)\(error.nearest.map { "; did you mean \($0)?" } ?? "")"
        case let error as NoImages: "no image is named in \(error.files.joined(separator: ", "))"
        case let error as ImageNamesTaken: SelectionWording.sentence(for: error)
        case let error as NoJobs: "there are no jobs in \(error.file)"
        case let error as JobLocked: "cannot run \(error.name): another run of it is under way on this machine"
        case let error as JobsNotBegun: notBegun(error)
        case let error as MetricsFileError:
            "cannot replace \(error.path): it has something else than metrics of mirror in it"
        case let error as PlanFileError: planFile(error)
        case let error as StoreError: StoreWording.sentence(for: error)
        case let error as ArchiveError: ArchiveWording.sentence(for: error)
        case let error as NotABundle: ArchiveWording.sentence(for: error)
        case let error as KeyFileError: ArchiveWording.sentence(for: error)
        case let error as SignatureMismatch: ArchiveWording.sentence(for: error)
        case let error as AssumedContentMissing: ArchiveWording.sentence(for: error)
        case let error as BaseFileError: ArchiveWording.sentence(for: error)
        case let error as NamesNotMapped: ArchiveWording.sentence(for: error)
        case let error as NameRuleError: ArchiveWording.sentence(for: error)
        case let error as ExportIncomplete:
            "no bundle was written: \(Measures.count(error.count, "selected image or repository", "selected images or repositories")) could not be read"
        case let error as ExportAmbiguous: "\(error.name) is selected as two different things"
        case let error as ExportManyPlatforms:
            "no bundle was written: \(error.name) is for several platforms, and docker load takes one"
        case is ExportEmpty: "no bundle was written: nothing is selected"
        case is OutputIsTerminal: "a bundle is not written to a terminal"
        case let error as LoginInputError: CredentialWording.sentence(for: error)
        case let error as Refusal: SelectionWording.sentence(for: error)
        case let error as PatternError: SelectionWording.sentence(for: error)
        case let error as VersionRangeError: SelectionWording.sentence(for: error)
        case let error as TemplateError: SelectionWording.sentence(for: error)
        case let error as ReferenceListError: SelectionWording.sentence(for: error)
        case let error as NameTaken: "it would be called \(error.destination) at the destination, as \(error.other) is"
        case let error as ServePolicyError: ServeWording.sentence(for: error)
        case let error as ListenError: ServeWording.sentence(for: error)
        case let error as HtpasswdFileError: ServeWording.sentence(for: error)
        case let error as AccessRuleError: ServeWording.sentence(for: error)
        case let error as CertificateError: ServeWording.sentence(for: error)
        case is AllTagsError: "--all-tags goes with a repository, but the source names one image"
        case is CancellationError: "it was interrupted"
        default: failpoint(error) ?? "\(error)"
        }
    }

    /// What tests caused.
    private static func failpoint(_ error: any Error) -> String? {
        #if FAILPOINTS
        switch error {
        case let error as FailpointError: return "the step \(error.name.rawValue) failed, as a test wants"
        case let error as FailpointMistake: return "\(error.text) is no failpoint: NAME:kill or NAME:error, and :K"
        default: return nil
        }
        #else
        return nil
        #endif
    }

    static func digest(_ error: DigestError) -> String {
        switch error {
        case .malformed(let text): "\"\(text.prefix(200))\" is not a digest"
        case .unsupportedAlgorithm(let name): "digests of the algorithm \(name) cannot be verified here"
        }
    }

    private static func content(_ error: ContentError) -> String {
        switch error {
        case .leftOut(let digest): "the bundle leaves out \(digest), which its destination was to have"
        case .missing(let digest): "the source does not have \(digest), although a manifest points to it"
        case .tooLong(let digest, let expected):
            "\(digest) has more than the \(expected) bytes that its manifest states"
        case .tooShort(let digest, let expected, let received):
            "\(digest) ended after \(received) of \(expected) bytes"
        case .wrongDigest(let expected, let actual): "what came for \(expected) is \(actual)"
        case .wrongSize(let digest, let expected, let stated):
            "\(digest) has \(stated) bytes where its manifest states \(expected)"
        }
    }

    private static func manifest(_ error: ManifestError) -> String {
        switch error {
        case .tooLarge(let size):
            "the manifest has \(size) bytes; the most that is read is \(ManifestDocument.maximumSize)"
        case .invalidJSON(let error): "the manifest cannot be read: byte \(error.offset): \(json(error.reason))"
        case .ambiguous(let what): "the manifest can be read in two ways: it \(what)"
        case .schema1:
            "the image is in Docker's schema 1 format, which cannot be mirrored: its digest is not of its bytes"
        case .digest(let error): "the manifest cannot be used: \(digest(error))"
        case .typeMismatch(let header, let document): "the manifest is called \(header), but calls itself \(document)"
        case .unsupportedType(let type): "manifests of the type \(type) are not known"
        case .malformed(let what): "the manifest cannot be used: \(what)"
        }
    }

    static func json(_ reason: StrictJSONError.Reason) -> String {
        switch reason {
        case .expected(let what): "expected \(what)"
        case .duplicateName(let name): "the name \"\(name.prefix(100))\" stands twice in one object"
        case .tooDeep: "objects stand too deep in each other"
        case .invalidText: "a text is not valid"
        }
    }

    private static func notBegun(_ error: JobsNotBegun) -> String {
        let names = error.names.joined(separator: ", ")
        return switch error.cause {
        case .signal: "it was interrupted; not begun: \(names)"
        case .deadline(let limit): "stopped after \(Measures.duration(limit)), as was asked; not begun: \(names)"
        }
    }

    private static func planFile(_ error: PlanFileError) -> String {
        let reason =
            switch error.reason {
            case .noPlan: "it is no plan that this version of mirror can read"
            case .incomplete: "the line is not one of a plan"
            case .value(let why): why
            }
        return "cannot use the plan \(error.path), line \(error.line): \(reason)"
    }

    private static func graph(_ error: GraphError) -> String {
        switch error {
        case .tooDeep(let limit): "its indexes stand in each other more than \(limit) deep"
        case .tooManyManifests(let limit): "it has more than \(limit) manifests"
        case .tooManyBytes(let limit): "its manifests have more than \(limit) bytes in all"
        case .missingChild(let child, let parent):
            "the source does not have \(child), to which the index \(parent) points"
        case .mismatchedChild(let child, let parent): "\(child) is not what the index \(parent) says of it"
        }
    }
}
