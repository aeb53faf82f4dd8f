// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCIRegistry

/// The sentences for what a registry did not do.
enum RegistryWording {
    static func sentence(for error: RegistryError) -> String { "cannot \(task(error)): \(cause(error))" }

    /// What follows from something that a registry does not do.
    static func sentence(for notice: RegistryNotice) -> String {
        let what =
            notice.error.action == .listRepositories
            ? "the catalog of the registry is asked instead" : "each tag is asked for by itself instead"
        return "\(sentence(for: notice.error)); \(what)".printable
    }

    /// Why an image cannot be fetched now.
    static func sentence(for shortage: PullsUsedUp) -> String {
        let kept = shortage.kept > 0 ? ", of which \(shortage.kept) are kept for others" : ""
        let left = shortage.limit.map { Measures.pulls($0) } ?? "none left"
        let wanted = Measures.count(shortage.needed, "manifest")
        return "\(wanted) must be fetched, and \(shortage.place) gives no more for now: \(left)\(kept)"
    }

    static func hint(for shortage: PullsUsedUp) -> String {
        if let limit = shortage.limit, limit.limit - shortage.kept < shortage.needed {
            if limit.limit >= shortage.needed { return "lower keep-pulls, which leaves too few of \(limit.limit)" }
            return "an account with a higher limit can fetch it, or fewer platforms of it (platforms, --platform)"
        }
        return "run the same command again later; what was copied stays, and what is kept for others is not touched"
    }

    /// That a run waits.
    static func sentence(for pause: PullPause) -> String {
        "waiting: \(sentence(for: pause.shortage)); it is asked again in \(Measures.duration(pause.next))"
    }

    static func hint(for error: RegistryError) -> String? {
        if error.isAboutMissingRepository { return missingRepository(error) }
        return switch error.cause {
        case .connection(.plainHTTP): "write http://\(error.host)/… if that is what you want"
        case .connection(.tls("the host hung up")):
            "if the host speaks plain HTTP, write http://\(error.host)/…"
        case .connection(.certificate(.unknownAuthority)):
            "if it is a private authority's, name its certificate in the configuration: certificate-authority"
        case .connection(.certificate(.notYetValid)): "check the clock of this machine"
        case .connection(.certificate(.otherName)): "write the name that the certificate of \(error.host) is for"
        case .connection(.certificate): "the certificate of \(error.host) must be renewed"
        case .connection(.refused): "check that the registry runs, and the port"
        case .connection(.unreachable): "check the network of this machine, and its routes"
        case .connection(.tooManyOpenFiles(_?)): "raise the limit (ulimit -n), or lower limits.requests"
        case .connection(.proxy(wantsLogin: true)):
            "write them into the address of the proxy: http://user:password@host:port"
        case .connection(.unknownHost): "check the spelling, and the name servers of this machine"
        case .status(401, _) where error.action == .createRepository,
            .status(403, _) where error.action == .createRepository:
            RegistryProduct(knownBy: error.host) == .ecr
                ? "allow the keys ecr:CreateRepository, or create the repository by hand"
                : "let the user of \(error.host) create projects, or create it by hand"
        case .status(401, _), .status(403, _), .tokenServer(_, 401, _), .tokenServer(_, 403, _):
            error.action == .signIn
                ? "check the user name and the password"
                : "mirror auth doctor \(error.host) shows which credential is used; mirror login \(error.host) changes it"
        case .refused(let refusal) where refusal.reason == .otherDomain:
            "if that host may see the credential, name it in the configuration: token-servers"
        case .refused(let refusal) where refusal.reason == .otherOrigin && refusal.purpose == .upload:
            "if that host may take the images, name it in the configuration: upload-hosts"
        case .status(404, _) where error.action == .startUpload:
            "check the host, and whether the repository must be created first"
        case .status(404, _) where error.action == .listTags, .status(405, _) where error.action == .listTags,
            .status(501, _) where error.action == .listTags:
            "a single image is copied without its tags being listed where referrers are not wanted: --referrers none"
        case .status(413, _): "raise the limit of the registry, or of the proxy in front of it"
        case .status(429, _): "run the same command again later; what was copied stays"
        case .refused(let refusal) where refusal.reason == .downgrade:
            "let the proxy in front of the registry send X-Forwarded-Proto, so that the registry knows its own scheme"
        default: nil
        }
    }

    /// What to do where a registry wants repositories to be there before they are pushed to.
    private static func missingRepository(_ error: RegistryError) -> String {
        let name = error.subject.prefix { $0 != "@" && $0 != ":" }
        if case .status(404, _) = error.cause {
            let isAmazon = RegistryProduct(knownBy: error.host) == .ecr
            let isPublic = error.host.name == "public.ecr.aws"
            return isAmazon
                ? "create the repository first (\(amazonCommand(name, error.host)))"
                    + (isPublic ? "" : ", or let it be done: create: {} of the host in the configuration")
                : "create the repository \(name) there first"
        }
        let project = name.prefix { $0 != "/" }
        return "create the project \(project) there first, or let it be done: product: harbor and create: {} of "
            + "\(error.host) in the configuration"
    }

    private static func amazonCommand(_ name: Substring, _ host: RegistryHost) -> String {
        // The alias of a public registry is no part of its repositories' names.
        if host.name == "public.ecr.aws" {
            let own = name.drop { $0 != "/" }.dropFirst()
            return "aws ecr-public create-repository --region us-east-1 --repository-name \(own)"
        }
        // 123456789012.dkr.ecr.eu-central-1.amazonaws.com
        let parts = host.name.split(separator: ".")
        let region = parts.count > 3 ? " --region \(parts[3])" : ""
        return "aws ecr create-repository\(region) --repository-name \(name)"
    }

    private static func task(_ error: RegistryError) -> String {
        let place = error.subject.isEmpty ? "\(error.host)" : "\(error.host)/\(error.subject)"
        return switch error.action {
        case .signIn: "sign in to \(place)"
        case .listRepositories: "list the repositories of \(place)"
        case .listTags: "list the tags of \(place)"
        case .listReferrers: "list what refers to \(place)"
        case .resolve: "look up \(place)"
        case .readManifest: "fetch the manifest \(place)"
        case .readBlob: "fetch the blob \(place)"
        case .findBlob: "ask for the blob \(place)"
        case .startUpload: "start the upload of \(place)"
        case .upload: "upload \(place)"
        case .writeManifest: "write the manifest \(place)"
        case .createRepository: "create \(place)"
        case .delete: "delete from \(place)"
        }
    }

    private static func cause(_ error: RegistryError) -> String {
        guard let service = error.service else { return cause(error.cause, of: "the registry") }
        if case .status = error.cause { return cause(error.cause, of: "its API \(service)") }
        return "its API \(service): \(cause(error.cause, of: "it"))"
    }

    /// - Parameter who: Who was asked.
    private static func cause(_ cause: RegistryError.Cause, of who: String) -> String {
        switch cause {
        case .status(let status, let errors):
            let details = errors.prefix(3).map { $0.message.isEmpty ? $0.code : "\($0.code) (\($0.message))" }
            return "\(who) answered \(status)" + (details.isEmpty ? "" : " \(details.joined(separator: ", "))")
        case .tokenServer(let server, let status, let errors):
            let details = errors.first.map { " \($0.code)" } ?? ""
            return "its token server \(server) answered \(status)\(details)"
        case .tokenServerConnection(let server, let failure):
            return "its token server \(server) gave no answer: \(connection(failure))"
        case .connection(let failure): return connection(failure)
        case .refused(let refusal): return self.refusal(refusal)
        case .credential(let error): return Wording.sentence(for: error)
        case .answer(let what): return what
        }
    }

    /// Why no answer came.
    static func connection(_ failure: ConnectionFailure) -> String {
        switch failure {
        case .unknownHost(let name): "the host name \(name) cannot be resolved"
        case .refused: "the connection was refused"
        case .connectTimeout: "no connection could be made in time"
        case .stalled(let limit): "nothing moved for \(Measures.duration(limit))"
        case .closed: "the connection was cut"
        case .certificate(.expired(let time)): "its certificate expired on \(Measures.date(time))"
        case .certificate(.notYetValid(let time)): "its certificate is not valid before \(Measures.date(time))"
        case .certificate(.otherName): "its certificate is for another name"
        case .certificate(.unknownAuthority): "its certificate is signed by nobody whom this machine trusts"
        case .tls(let text): "TLS failed: \(text)"
        case .plainHTTP: "the host answers plain HTTP where HTTPS was expected"
        case .proxy(wantsLogin: true): "the proxy asks for a user name and a password, or for others"
        case .proxy(wantsLogin: false): "the proxy does not connect to it"
        case .forbiddenAddress(let kind): "a redirect led to \(self.kind(kind))"
        case .unreachable: "there is no way to its network"
        case .tooManyOpenFiles(let limit?):
            "too many open files and connections: this program may have \(limit) at once"
        case .tooManyOpenFiles(nil): "too many open files and connections on this machine"
        case .other(let text): text
        }
    }

    private static func refusal(_ refusal: OutboundRefusal) -> String {
        let what =
            switch refusal.purpose {
            case .redirect: "a redirect"
            case .page: "the link to the next page"
            case .upload: "the address for the upload"
            case .token: "the address of the token server"
            }
        return switch refusal.reason {
        case .malformed: "\(what) is not a plain URL: \(refusal.target)"
        case .downgrade: "\(what) leads from HTTPS to plain HTTP: \(refusal.target)"
        case .otherOrigin: "\(what) leads to another host, \(refusal.target), which is not followed"
        case .otherDomain: "\(what) is of another domain, \(refusal.target), and is not shown the credential"
        case .addressClass(let kind): "\(what) leads to \(self.kind(kind)), \(refusal.target), which is not followed"
        case .tooManyRedirects: "one redirect led to another too often"
        }
    }

    private static func kind(_ kind: IPAddress.Kind) -> String {
        switch kind {
        case .loopback: "this machine"
        case .unspecified: "the unspecified address"
        case .linkLocal: "a link-local or metadata address"
        case .private: "a private network"
        case .multicast: "a multicast address"
        case .public: "a public address"
        }
    }
}
