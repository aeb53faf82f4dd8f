// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Yams

/// Parses one document of YAML; a key that stands twice in a mapping does not end the reading.
enum YAMLText {
    /// Lends the outermost node of a text, together with what was renamed in it.
    /// - Returns: `nil` for a text in which nothing stands.
    static func withRoot<Value>(
        of text: String,
        _ body: (Node, RepeatedKeys) -> Value
    ) throws(YAMLMistake) -> Value? {
        var repeats = RepeatedKeys(text: text)
        while true {
            do {
                let parser = try Parser(yaml: repeats.text)
                // The nodes' anchors live as long as the parser.
                return try withExtendedLifetime(parser) { try parser.singleRoot().map { body($0, repeats) } }
            } catch YamlError.duplicatedKeysInMapping(let names, let context) {
                // Yams stops at the first mapping in which a key stands twice, and tells where the first one stands.
                guard let name = names.first, repeats.rename(name, after: context.mark) else {
                    let mark = ConfigNode.Mark(line: context.mark.line, column: context.mark.column)
                    throw YAMLMistake(problem: .duplicateKey(firstLine: mark.line), mark: mark)
                }
            } catch let error as YamlError {
                throw YAMLMistake(error, text)
            } catch {
                throw YAMLMistake(problem: .syntax("it cannot be read"), mark: .start)
            }
        }
    }
}

/// Why a text is not one document of YAML.
struct YAMLMistake: Error {
    let problem: ConfigMistake.Problem
    let mark: ConfigNode.Mark
}

extension YAMLMistake {
    fileprivate init(_ error: YamlError, _ text: String) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _):
            self.init(problem: .syntax(problem), mark: ConfigNode.Mark(line: mark.line, column: mark.column))
        case .composer(_, let problem, let mark, _):
            let what: ConfigMistake.Problem =
                problem.contains("alias")
                ? .refused("an alias") : problem.contains("document") ? .refused("a second document") : .syntax(problem)
            self.init(problem: what, mark: ConfigNode.Mark(line: mark.line, column: mark.column))
        case .reader(let problem, let offset, _, _):
            let before = text.prefix(offset ?? 0)
            let line = before.count(where: \.isNewline) + 1
            let column = before.reversed().prefix { !$0.isNewline }.count + 1
            self.init(problem: .syntax(problem), mark: ConfigNode.Mark(line: line, column: column))
        default: self.init(problem: .syntax("it cannot be read"), mark: .start)
        }
    }
}
