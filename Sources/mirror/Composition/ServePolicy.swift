// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCIServer

/// Who may do what on a server, decided from the command line before it listens.
///
/// Nobody gets a registry that strangers can write to without having said so by name.
struct ServePolicy {
    /// What is given on the command line.
    struct Wishes {
        var address: ListenAddress
        var hasUsers: Bool
        var hasCertificate: Bool
        var allowsAnonymous: Bool
        var isReadOnly: Bool
        var rules: [AccessRules.Rule]
    }

    /// The rules.
    let rules: AccessRules
    /// What its owner should know, as sentences.
    let warnings: [String]

    /// Decides.
    init(_ wishes: Wishes) throws(ServePolicyError) {
        let anonymous = wishes.rules.contains { $0.subject == .everybody }
        guard wishes.hasUsers || wishes.rules.allSatisfy({ $0.subject == .everybody }) else {
            throw .usersWithoutFile
        }
        if wishes.hasUsers, wishes.allowsAnonymous, !anonymous { throw .anonymousWithoutRule }
        guard wishes.hasUsers || wishes.address.isLoopback || wishes.allowsAnonymous else {
            throw .openToStrangers(wishes.address, isReadOnly: wishes.isReadOnly)
        }
        var warnings: [String] = []
        let verb = wishes.isReadOnly ? "read" : "read and write"
        if !wishes.hasUsers, !wishes.address.isLoopback, wishes.rules.isEmpty {
            warnings.append("everybody who can reach \(wishes.address) may \(verb) everything")
        }
        if wishes.hasUsers, !wishes.address.isLoopback, !wishes.hasCertificate {
            warnings.append("passwords cross the network unencrypted: give --tls-certificate and --tls-key")
        }
        self.warnings = warnings
        rules = !wishes.rules.isEmpty ? AccessRules(wishes.rules) : wishes.hasUsers ? .users : .open
    }
}

/// Why a server is not started.
enum ServePolicyError: Error, Hashable {
    /// It would be open to others than this machine, without passwords.
    case openToStrangers(ListenAddress, isReadOnly: Bool)
    /// Rules name users, but no file says who they are.
    case usersWithoutFile
    /// Both a file of users and everybody, but not what everybody may do.
    case anonymousWithoutRule
}
