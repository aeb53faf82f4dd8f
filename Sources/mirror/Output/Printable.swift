// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

extension String {
    /// The text as it can be printed to a terminal: control bytes, and characters that turn the direction of writing,
    /// become escapes.
    ///
    /// Everything that a server wrote passes through here.
    var printable: String {
        guard unicodeScalars.contains(where: \.isUnsafeToPrint) else { return self }
        var text = ""
        for scalar in unicodeScalars {
            if scalar.isUnsafeToPrint {
                text += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

extension Unicode.Scalar {
    fileprivate var isUnsafeToPrint: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: true
        default: false
        }
    }
}
