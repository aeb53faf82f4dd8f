// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// A profile of the files that AWS's tools share: `~/.aws/credentials` and `~/.aws/config`.
struct AWSProfile: Sendable {
    /// What a profile can say to get keys that cannot be done here, with the word for it.
    private static let unsupported = [
        "sso_session": "AWS IAM Identity Center (sso_session)",
        "sso_start_url": "AWS IAM Identity Center (sso_start_url)",
        "credential_process": "a program (credential_process)",
        "source_profile": "a role of another profile (source_profile)",
        "credential_source": "a role (credential_source)",
        "login_session": "a session of aws login (login_session)",
    ]

    /// The name.
    let name: String
    /// The file of secrets; `nil` without a home.
    let credentialsFile: String?
    /// The file of everything else.
    let configFile: String?
    private let context: CloudContext
    private let secrets: [String: String]
    private let settings: [String: String]

    /// Both files, for people.
    var files: [String] { [credentialsFile, configFile].compactMap(\.self) }

    /// Reads the profile that `AWS_PROFILE` names, or `default`.
    /// - Throws: ``CloudCredentialError`` if it is named and not there, or a file cannot be read.
    init(_ context: CloudContext) throws {
        self.context = context
        let named = context.variable("AWS_PROFILE")
        name = named ?? "default"
        credentialsFile = context.variable("AWS_SHARED_CREDENTIALS_FILE") ?? context.home(".aws/credentials")
        configFile = context.variable("AWS_CONFIG_FILE") ?? context.home(".aws/config")
        func sections(_ path: String?) throws -> [String: [String: String]] {
            guard let path, let text = try context.text(of: path) else { return [:] }
            do { return try INIFile.sections(of: text) } catch {
                throw context.error(.file(path, line: error.line, expected: "[profile] or name = value"))
            }
        }
        let inCredentials = try sections(credentialsFile)[name]
        let configured = try sections(configFile)
        let inConfig = configured["profile \(name)"] ?? (name == "default" ? configured[name] : nil)
        if let named, inCredentials == nil, inConfig == nil {
            throw context.error(.profileMissing(named, files: [credentialsFile, configFile].compactMap(\.self)))
        }
        secrets = inCredentials ?? [:]
        settings = inConfig ?? [:]
    }

    /// What the profile says; the file of secrets comes first.
    subscript(key: String) -> String? { (secrets[key] ?? settings[key]).flatMap { $0.isEmpty ? nil : $0 } }

    /// The keys that stand in the profile; `nil` if it has none.
    func keys() throws -> AWSKeys? {
        // AWS's tools take these before keys that stand beside them.
        for key in ["source_profile", "credential_source", "sso_session", "sso_start_url"] where self[key] != nil {
            throw unsupported(key)
        }
        for (section, file) in [(secrets, credentialsFile), (settings, configFile)] {
            guard let file, let key = section["aws_access_key_id"], !key.isEmpty else { continue }
            guard let secret = section["aws_secret_access_key"], !secret.isEmpty else {
                throw context.error(.file(file, line: nil, expected: "aws_secret_access_key in the profile \(name)"))
            }
            let token = section["aws_session_token"].flatMap { $0.isEmpty ? nil : Secret($0) }
            return AWSKeys(
                accessKeyID: key,
                secret: Secret(secret),
                sessionToken: token,
                origin: "the AWS keys of the profile \(name) in \(file)"
            )
        }
        for key in Self.unsupported.keys.sorted() where self[key] != nil { throw unsupported(key) }
        return nil
    }

    private func unsupported(_ key: String) -> CloudCredentialError {
        let place = "the profile \(name) in \(files.joined(separator: " and "))"
        return context.error(.unsupported(place, Self.unsupported[key] ?? key))
    }
}

/// Files of sections and values, as AWS's tools read them.
enum INIFile {
    /// A line that is neither a section nor a value.
    struct BadLine: Error {
        /// The line, from 1.
        let line: Int
    }

    /// The sections with their values; of two equal names the later one counts.
    static func sections(of text: String) throws(BadLine) -> [String: [String: String]] {
        var sections: [String: [String: String]] = [:]
        var name: String?
        /// How far the last setting of the section is indented.
        var indent: Int?
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let content = line.trimmed
            // A line that is indented deeper goes on with a setting that has parts, of which none is needed here.
            let depth = line.prefix(while: \.isWhitespace).count
            let isContinued = indent.map { depth > $0 } ?? false
            if content.isEmpty || content.hasPrefix("#") || content.hasPrefix(";") || isContinued { continue }
            if content.hasPrefix("[") {
                guard let end = content.firstIndex(of: "]") else { throw BadLine(line: index + 1) }
                let words = content[content.index(after: content.startIndex)..<end]
                    .split(whereSeparator: \.isWhitespace)
                name = words.joined(separator: " ")
                indent = nil
                sections[words.joined(separator: " "), default: [:]].merge([:]) { $1 }
            } else {
                guard let section = name, let equals = content.firstIndex(of: "=") else {
                    throw BadLine(line: index + 1)
                }
                let key = content[..<equals].trimmed.lowercased()
                indent = depth
                sections[section]?[key] = value(content[content.index(after: equals)...])
            }
        }
        return sections
    }

    /// A value, without the comment behind it.
    private static func value(_ text: Substring) -> String {
        let start = [" #", " ;", "\t#", "\t;"].compactMap { text.firstRange(of: $0)?.lowerBound }.min()
        return String(text[..<(start ?? text.endIndex)].trimmed)
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var rest = drop(while: \.isWhitespace)
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return rest
    }
}
