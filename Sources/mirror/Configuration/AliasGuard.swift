// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// Looks for aliases before anything resolves them.
enum AliasGuard {
    /// So few cannot make a text grow beyond what can be borne.
    private static let harmless = 8

    /// The place of the first of many texts that look like an alias; `nil` if there are few or none.
    ///
    /// A few are left to the parser, which knows better than this what is one.
    static func manyAliases(in text: String) -> ConfigNode.Mark? {
        var count = 0
        var first: ConfigNode.Mark?
        var (line, column) = (1, 1)
        var isComment = false
        var (beforeLast, last): (Unicode.Scalar, Unicode.Scalar) = ("\n", "\n")
        for scalar in text.unicodeScalars {
            if scalar == "\n" {
                (line, column, isComment) = (line + 1, 0, false)
            } else if scalar == "#", " \t\n".unicodeScalars.contains(last) {
                isComment = true
            } else if last == "*", !isComment, " \t\n[{,:-?".unicodeScalars.contains(beforeLast),
                !" \t\r*/\"',]}".unicodeScalars.contains(scalar)
            {
                count += 1
                first = first ?? ConfigNode.Mark(line: line, column: column - 1)
            }
            (beforeLast, last) = (last, scalar)
            column += 1
        }
        return count > harmless ? first : nil
    }
}
