// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCILayout
import Testing

@Suite struct UploadIDTests {
    @Test func `a random name reads back, and no two are equal`() {
        let names = (0..<100).map { _ in UploadID.random() }
        #expect(Set(names).count == 100)
        for name in names { #expect(UploadID(name.text) == name) }
    }

    @Test(arguments: [
        "", "..", "0123456789abcdef0123456789abcde", "0123456789ABCDEF0123456789abcdef",
        "../../../../../../../../../../../",
    ])
    func `what is no name is refused`(text: String) {
        #expect(UploadID(text) == nil)
    }
}
