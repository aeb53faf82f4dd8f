// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

@Suite struct IPAddressTests {
    @Test(
        arguments: [
            ("127.0.0.1", .loopback), ("127.255.255.255", .loopback), ("::1", .loopback),
            ("0:0:0:0:0:0:0:1", .loopback),
            ("::ffff:127.0.0.1", .loopback), ("::ffff:7f00:1", .loopback), ("::127.0.0.1", .loopback),
            ("64:ff9b::127.0.0.1", .loopback), ("2002:7f00:1::", .loopback),
            ("0.0.0.0", .unspecified), ("0.1.2.3", .unspecified), ("::", .unspecified),
            ("::ffff:0.0.0.0", .unspecified),
            ("169.254.169.254", .linkLocal), ("169.254.0.0", .linkLocal), ("fe80::1", .linkLocal),
            ("febf::1", .linkLocal),
            ("::ffff:169.254.169.254", .linkLocal), ("64:ff9b::a9fe:a9fe", .linkLocal),
            ("2002:a9fe:a9fe::1", .linkLocal),
            ("100.100.100.200", .linkLocal), ("fd00:ec2::254", .linkLocal),
            ("10.0.0.1", .private), ("172.16.0.1", .private), ("172.31.255.255", .private), ("192.168.1.1", .private),
            ("100.64.0.1", .private), ("100.127.255.255", .private), ("fc00::1", .private), ("fdff::1", .private),
            ("fec0::1", .private), ("::ffff:10.0.0.1", .private),
            ("224.0.0.1", .multicast), ("239.255.255.255", .multicast), ("240.0.0.1", .multicast),
            ("255.255.255.255", .multicast), ("ff02::1", .multicast),
            ("1.1.1.1", .public), ("126.255.255.255", .public), ("128.0.0.1", .public), ("172.15.0.1", .public),
            ("172.32.0.1", .public), ("192.167.1.1", .public), ("169.253.0.1", .public), ("100.63.255.255", .public),
            ("100.128.0.1", .public), ("223.255.255.255", .public), ("2606:4700::1111", .public), ("::2", .public),
            ("::ffff:8.8.8.8", .public),
        ] as [(String, IPAddress.Kind)]
    )
    func `tells the part of the address space`(_ text: String, kind: IPAddress.Kind) throws {
        #expect(try #require(IPAddress(text)).kind == kind)
    }

    @Test(arguments: [
        "", ".", "...", "1", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "256.0.0.1", "01.2.3.4", "00.0.0.0",
        "0x7f.0.0.1", "1.2.3.4 ", " 1.2.3.4", "1.2.3.-4", "1.2.3.+4", "1.2.3.\u{661}", "1.2.3.4\0", "1.2.3.4/8",
        "localhost",
        ":", ":::", "1", "1::2::3", "::1::", "12345::", "g::", "::1%lo", "[::1]", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", ":1::", "1::2:", "::1.2.3", "::1.2.3.4:5", "1.2.3.4::", "::1.2.3.256",
        "1.2.3.4:1:2:3:4:5:6", "::\u{FF11}", "::é", "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000",
    ])
    func `refuses what is not an address`(_ text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func `keeps an IPv4 address in IPv6 form as IPv4`() throws {
        #expect(try #require(IPAddress("::ffff:1.2.3.4")).bytes == [1, 2, 3, 4])
        #expect(IPAddress("::ffff:1.2.3.4") == IPAddress("1.2.3.4"))
        #expect(IPAddress("::1")?.bytes == [UInt8](repeating: 0, count: 15) + [1])
    }

    @Test func `takes the bytes of either form and of no other length`() {
        #expect(IPAddress(bytes: [127, 0, 0, 1])?.kind == .loopback)
        #expect(IPAddress(bytes: [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF, 127, 0, 0, 1])?.kind == .loopback)
        for count in [0, 1, 3, 5, 15, 17] { #expect(IPAddress(bytes: [UInt8](repeating: 0, count: count)) == nil) }
    }

    @Test func `agrees with the system about mutated addresses`() {
        let corpus = [
            "127.0.0.1", "255.255.255.255", "::1", "::", "fe80::1:2", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4",
            "2001:db8::a:b",
            "1:2:3:4:5:6:7::", "1:2:3:4:5:6:9.8.7.6", "::1.2.3.4",
        ]
        let pieces = [
            ":", "::", ".", "0", "00", "1", "255", "256", "f", "ffff", "10000", "é", "\u{FF11}", "-", " ", "%1",
        ]
        var mutator = Mutator(seed: 4, corpus: corpus, pieces: pieces)
        var accepted = 0
        for _ in 0..<20_000 {
            let text = mutator.text()
            let address = IPAddress(text)
            let expected = systemReading(of: text)
            #expect(address == expected.flatMap { IPAddress(bytes: $0) }, "\(text)")
            if address != nil { accepted += 1 }
        }
        #expect(accepted > 1000)
    }

    /// What the system's `inet_pton` makes of a text.
    private func systemReading(of text: String) -> [UInt8]? {
        // C would stop reading here.
        guard !text.utf8.contains(0) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 16)
        if text.contains(":") { return inet_pton(AF_INET6, text, &bytes) == 1 ? bytes : nil }
        return inet_pton(AF_INET, text, &bytes) == 1 ? Array(bytes.prefix(4)) : nil
    }
}
