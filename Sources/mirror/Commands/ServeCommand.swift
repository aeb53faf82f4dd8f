// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import OCI
import OCIServer

/// `mirror serve`: a registry over a store on disk, or over bundles.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve a store, or bundles, as a registry (OCI distribution-spec 1.1).",
        discussion: """
            Without a file, a store is served, from which images are pulled and to which they are pushed. With files, the bundles that \
            mirror export wrote are served as they are: nothing is unpacked, nothing can be pushed.

            BUNDLES
              Several bundles are one registry: a repository has what any of them has of it; where a tag is in several, the last \
            one counts, so name the oldest first. Repositories are called as mirror import calls them, also with --map. A bundle \
            that was cut or changed is refused at the start; the bytes of blobs and manifests are hashed as they are sent, and the \
            end of a damaged one is never sent.

            On loopback everybody may read and write. On other addresses the start is refused unless --htpasswd names a \
            file of users, or --allow-anonymous says that everybody who can connect may do what the rules say.

            RIGHTS
              --allow USER:ACTIONS:PATTERN, as often as needed; what no rule allows is forbidden.
              USER      a name of the --htpasswd file, * for every user, anonymous for everybody
              ACTIONS   pull, push, delete, separated by commas; delete also needs --allow-delete
              PATTERN   team/app (that repository), team/* (one level below), team/** (all below), ** (all)
              Without a rule, every user may do everything.

            The file of --htpasswd is made by `htpasswd -B`; other hashes than bcrypt are refused.

            On SIGTERM or SIGINT no connection is taken any more, and requests under way may end (--grace); the exit status \
            is 0. A second signal ends the program at once. Certificates are read again when their files change.

            EXAMPLES
              mirror serve
              mirror serve --store /srv/store --listen 127.0.0.1:0 --allow-delete
              mirror serve images.tar
              mirror serve --map 'docker.io/**=hub/**' --map 'registry.lan/**=**' week-1.tar week-2.tar
              mirror serve --listen :5000 --htpasswd users --allow 'ci:pull,push:team/**' --allow 'anonymous:pull:**' \
            --tls-certificate server.pem --tls-key server.key
            """
    )

    @Argument(help: ArgumentHelp("Bundles to serve instead of a store, the oldest first.", valueName: "file"))
    var files: [String] = []

    @Option(
        name: .customLong("map"),
        help: ArgumentHelp("What repositories of bundles are called; can be repeated.", valueName: "from=to")
    )
    var maps: [String] = []

    @Option(
        help: ArgumentHelp(
            "The store; made where it is missing. (default: $XDG_DATA_HOME/mirror/store or ~/.local/share/mirror/store)",
            valueName: "dir"
        )
    )
    var store: String?

    @Option(help: ArgumentHelp("Where to listen; port 0 takes any that is free.", valueName: "address:port"))
    var listen = "127.0.0.1:5000"

    @Flag(help: "Refuse everything but reading, as is always done for bundles.")
    var readOnly = false

    @Flag(help: "Let blobs, manifests and tags be deleted.")
    var allowDelete = false

    @Flag(help: "Serve everybody who can connect, also on other addresses than loopback.")
    var allowAnonymous = false

    @Option(help: ArgumentHelp("The users and the bcrypt hashes of their passwords.", valueName: "file"))
    var htpasswd: String?

    @Option(help: ArgumentHelp("A right, see above; can be repeated.", valueName: "rule"))
    var allow: [String] = []

    @Option(help: ArgumentHelp("The certificate chain, in PEM form.", valueName: "file"))
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("The key of the certificate, in PEM form.", valueName: "file"))
    var tlsKey: String?

    @Option(help: "Print a line for each request: common, json or none.")
    var accessLog = AccessLogForm.none

    @Option(help: ArgumentHelp("A name that clients use for this server; can be repeated.", valueName: "name"))
    var host: [String] = []

    @Option(help: ArgumentHelp("How long requests may take after a signal.", valueName: "seconds"))
    var grace = 10

    func validate() throws {
        guard ListenAddress(listen) != nil else { throw ValidationError("Not an address to listen on: \(listen)") }
        guard (tlsCertificate == nil) == (tlsKey == nil) else {
            throw ValidationError("--tls-certificate and --tls-key go together.")
        }
        guard (0...3600).contains(grace) else { throw ValidationError("--grace is from 0 to 3600 seconds.") }
        try validatePlace()
    }

    /// Refuses what does not go with what is served.
    private func validatePlace() throws {
        guard let file = files.first else {
            guard maps.isEmpty else {
                throw ValidationError("--map names repositories of bundles: name the files to serve, too.")
            }
            return
        }
        guard store == nil else {
            throw ValidationError("Either a store is served or bundles: --store does not go with \(file).")
        }
        guard !allowDelete else {
            throw ValidationError("From bundles nothing is deleted: --allow-delete does not go with \(file).")
        }
        for file in files {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: file, isDirectory: &isFolder), isFolder.boolValue else {
                continue
            }
            throw ValidationError("\(file) is a folder, no bundle: a store is served with --store \(file).")
        }
    }

    func run() async throws {
        let served: Served
        do {
            let rules = try maps.map { try NameRule($0) }
            served = files.isEmpty ? .store(store ?? StoreLocation.usual) : .bundles(files, rules)
        } catch {
            throw ValidationError(Wording.sentenceAndHint(for: error))
        }
        let settings: RegistryServer.Settings
        do {
            settings = try makeSettings()
        } catch {
            Lines.complain(error, to: .standardError)
            throw ExitCode.configuration
        }
        throw await serve(served, settings, grace: .seconds(grace))
    }

    private func makeSettings() throws -> RegistryServer.Settings {
        guard let address = ListenAddress(listen) else { throw ValidationError("Not an address: \(listen)") }
        var settings = RegistryServer.Settings()
        settings.host = address.host
        settings.port = address.port
        settings.users = try htpasswd.map(HtpasswdFile.read)
        if let tlsCertificate, let tlsKey {
            settings.certificate = try ServerCertificate(certificatePath: tlsCertificate, keyPath: tlsKey) { error in
                Lines.warn(Wording.sentence(for: error), to: .standardError)
            }
        }
        let policy = try ServePolicy(
            ServePolicy.Wishes(
                address: address,
                hasUsers: htpasswd != nil,
                hasCertificate: tlsCertificate != nil,
                allowsAnonymous: allowAnonymous,
                isReadOnly: readOnly || !files.isEmpty,
                rules: allow.map { try AccessRules.Rule($0) }
            )
        )
        for warning in policy.warnings { Lines.warn(warning, to: .standardError) }
        settings.rules = policy.rules
        settings.hosts = HostCheck(names: host, isLoopback: address.isLoopback)
        settings.isReadOnly = readOnly
        settings.allowsDeletion = allowDelete
        settings.log = accessLog.form.map { form in
            AccessLog(form) { Terminal.standardOutput.write($0 + "\n") }
        }
        return settings
    }
}

/// The forms of the access log as they stand on the command line.
enum AccessLogForm: String, ExpressibleByArgument, CaseIterable {
    case common
    case json
    case none

    var form: AccessLog.Form? {
        switch self {
        case .common: .common
        case .json: .json
        case .none: nil
        }
    }
}
