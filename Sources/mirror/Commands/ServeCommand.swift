// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import OCIServer

/// `mirror serve`: a registry over a store on disk.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve a store as a registry (OCI distribution-spec 1.1).",
        discussion: """
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
              mirror serve --listen :5000 --htpasswd users --allow 'ci:pull,push:team/**' --allow 'anonymous:pull:**' \
            --tls-certificate server.pem --tls-key server.key
            """
    )

    @Option(
        help: ArgumentHelp(
            "The store; made where it is missing. (default: $XDG_DATA_HOME/mirror/store or ~/.local/share/mirror/store)",
            valueName: "dir"
        )
    )
    var store: String?

    @Option(help: ArgumentHelp("Where to listen; port 0 takes any that is free.", valueName: "address:port"))
    var listen = "127.0.0.1:5000"

    @Flag(help: "Refuse everything but reading.")
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
    }

    func run() async throws {
        let settings: RegistryServer.Settings
        do {
            settings = try makeSettings()
        } catch {
            Lines.complain(error, to: .standardError)
            throw ExitCode.configuration
        }
        throw await serve(settings, store: store ?? StoreLocation.usual, grace: .seconds(grace))
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
                isReadOnly: readOnly,
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
