// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// Who may do what in which repositories; what no rule allows is forbidden.
public struct AccessRules: Sendable {
    /// What can be done in a repository.
    public enum Action: String, Hashable, Sendable, CaseIterable {
        /// Reading blobs, manifests, tags and referrers.
        case pull
        /// Writing blobs, manifests and tags, also over what is there.
        case push
        /// Removing blobs, manifests and tags.
        case delete
    }

    /// Whom a rule is about.
    public enum Subject: Hashable, Sendable {
        /// Everybody, also who has not said who he is.
        case everybody
        /// Everybody whose password was checked.
        case everyUser
        /// One user.
        case user(String)
    }

    /// One permission.
    public struct Rule: Hashable, Sendable {
        /// Whom it is given to.
        public let subject: Subject
        /// What it allows.
        public let actions: Set<Action>
        /// In which repositories.
        public let pattern: RepositoryPattern

        /// Makes a rule.
        public init(_ subject: Subject, _ actions: Set<Action>, in pattern: RepositoryPattern = .all) {
            self.subject = subject
            self.actions = actions
            self.pattern = pattern
        }

        /// Reads `USER:ACTIONS:PATTERN`, for example `ci:pull,push:team/**`.
        ///
        /// `*` as the user is every user that has signed in, `anonymous` is everybody.
        public init(_ text: String) throws(AccessRuleError) {
            let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 3, !parts[0].isEmpty else { throw AccessRuleError(text: text, reason: .form) }
            switch parts[0] {
            case "*": subject = .everyUser
            case "anonymous": subject = .everybody
            default: subject = .user(parts[0])
            }
            var actions: Set<Action> = []
            for word in parts[1].split(separator: ",", omittingEmptySubsequences: false) {
                guard let action = Action(rawValue: String(word)) else {
                    throw AccessRuleError(text: text, reason: .action(String(word)))
                }
                actions.insert(action)
            }
            self.actions = actions
            do { pattern = try RepositoryPattern(parts[2]) } catch {
                throw AccessRuleError(text: text, reason: .pattern(parts[2]))
            }
        }
    }

    /// The rules, in no order: each only allows.
    public let rules: [Rule]

    /// Makes a set of rules.
    public init(_ rules: [Rule]) { self.rules = rules }

    /// Everybody may do everything.
    public static let open = AccessRules([Rule(.everybody, Set(Action.allCases))])

    /// Everybody who has signed in may do everything.
    public static let users = AccessRules([Rule(.everyUser, Set(Action.allCases))])

    /// Whether any rule is about somebody who has not signed in.
    public var allowsAnonymous: Bool { rules.contains { $0.subject == .everybody } }

    /// Whether something may be done in a repository.
    func allows(_ principal: Principal, _ action: Action, in repository: RepositoryName) -> Bool {
        rules.contains { rule in
            rule.actions.contains(action) && rule.applies(to: principal) && rule.pattern.contains(repository)
        }
    }

    /// Whether everything may be read.
    func readsEverything(_ principal: Principal) -> Bool {
        rules.contains { $0.actions.contains(.pull) && $0.pattern.isAll && $0.applies(to: principal) }
    }

    /// Whether anything at all may be done.
    func admits(_ principal: Principal) -> Bool { rules.contains { $0.applies(to: principal) } }
}

extension AccessRules.Rule {
    fileprivate func applies(to principal: Principal) -> Bool {
        switch (subject, principal) {
        case (.everybody, _), (.everyUser, .user): true
        case (.user(let name), .user(let other)): name == other
        case (.everyUser, .anonymous), (.user, .anonymous): false
        }
    }
}

/// Why a text is not a rule.
public struct AccessRuleError: Error, Hashable, Sendable {
    /// What is wrong with it.
    public enum Reason: Hashable, Sendable {
        /// It does not have three parts.
        case form
        /// There is no such action.
        case action(String)
        /// It is no pattern of repositories.
        case pattern(String)
    }

    /// The rule, as it was read.
    public let text: String
    /// What is wrong with it.
    public let reason: Reason
}
