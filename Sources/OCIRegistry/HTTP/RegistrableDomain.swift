// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// Says whether two hosts are run by the same people, as far as names can tell.
///
/// A full answer takes the list of public suffixes, which changes weekly. This one errs on the side of no: whoever runs a
/// token server in another domain names it in the configuration.
enum RegistrableDomain {
    /// Whether both hosts are names below one domain that somebody can register.
    ///
    /// Addresses and `localhost` never are.
    static func areSame(_ left: String, _ right: String) -> Bool {
        guard let domain = domain(of: left) else { return false }
        return domain == self.domain(of: right)
    }

    /// `corp.example` of `registry.corp.example`; `nil` where there is none.
    static func domain(of host: String) -> String? {
        guard IPAddress(host) == nil, !sharedTrees.contains(where: { host == $0 || host.hasSuffix(".\($0)") }) else {
            return nil
        }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 2, labels.allSatisfy({ !$0.isEmpty }) else { return nil }
        return [2, 3].filter { $0 <= labels.count }
            .map { labels.suffix($0).joined(separator: ".") }
            .first { !isShared($0) }
    }

    /// Whether unrelated people have names directly below this one.
    private static func isShared(_ name: String) -> Bool {
        let labels = name.split(separator: ".")
        // `co.uk`, `com.au`: a country, and below it a short word for a kind of organisation.
        let isNational =
            labels.count == 2 && labels[1].utf8.count == 2
            && (labels[0].utf8.count <= 3 || Self.longNationalWords.contains(String(labels[0])))
        return isNational || shared.contains(name)
    }

    /// Words for kinds of organisations below a country that are longer than three letters.
    private static let longNationalWords: Set<String> = [
        "gouv", "info", "asso", "muni", "name", "firm", "arts", "store", "school", "museum",
    ]

    /// Hosting services below which everyone can have a name.
    private static let shared: Set<String> = [
        "azurecr.io", "github.io", "gitlab.io", "herokuapp.com", "cloudfront.net", "azurewebsites.net", "web.app",
        "appspot.com", "fly.dev", "ngrok.io", "ngrok.app", "ngrok-free.app", "pages.dev", "workers.dev", "vercel.app",
        "netlify.app", "onrender.com", "duckdns.org", "nip.io", "sslip.io", "jfrog.io",
    ]

    /// Hosting services with names of everyone at several depths.
    private static let sharedTrees = [
        "amazonaws.com", "amazonaws.com.cn", "pkg.dev", "run.app", "windows.net", "googleusercontent.com",
    ]
}
