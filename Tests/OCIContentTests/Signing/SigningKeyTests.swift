// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCIContent
import Testing

/// Keys and signatures that openssl made; they open nothing.
private enum Sample {
    static let sec1 = """
        -----BEGIN EC PARAMETERS-----
        BggqhkjOPQMBBw==
        -----END EC PARAMETERS-----
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEICFdapZ2+C3EUtM5LTbsR6vX4aeQcoMRx5Zrbd1n6i/0oAoGCCqGSM49
        AwEHoUQDQgAEQOqtU0pAqvBnr7kmetHzbSrV5dBFM2RKNikVWICayGgEjFnKq95M
        TNSdANwPBgt4Vc0AeIp3MFlO1c1j+mv52g==
        -----END EC PRIVATE KEY-----
        """
    static let p256 = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgIV1qlnb4LcRS0zkt
        NuxHq9fhp5BygxHHlmtt3WfqL/ShRANCAARA6q1TSkCq8GevuSZ60fNtKtXl0EUz
        ZEo2KRVYgJrIaASMWcqr3kxM1J0A3A8GC3hVzQB4incwWU7VzWP6a/na
        -----END PRIVATE KEY-----
        """
    static let p256Public = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEQOqtU0pAqvBnr7kmetHzbSrV5dBF
        M2RKNikVWICayGgEjFnKq95MTNSdANwPBgt4Vc0AeIp3MFlO1c1j+mv52g==
        -----END PUBLIC KEY-----
        """
    static let ed25519 = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEIOYIi8QQTtu4/eWdGgVMUH52+SfEcyYL+EID8L26/ySd
        -----END PRIVATE KEY-----
        """
    static let ed25519Public = """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VwAyEAc/txkMscjmtUtqbk9kp3mFlYl1QYLq1QjMa177VBe2k=
        -----END PUBLIC KEY-----
        """
    static let p384 = """
        -----BEGIN EC PRIVATE KEY-----
        MIGkAgEBBDAAVUa2LLxxBFtcZKVjDmbP76M15NadBs85Yp3apdeww1860St72pW7
        eFmUEcYlsFGgBwYFK4EEACKhZANiAATNao8T6Vvw/H6e7Y2fGpDZqoRlFhjNYw6g
        FQzVMo8wdnAdc8tdKaepl2o+8ZqYc7D99pHwjTNwNXcWgJnLey8tlRsUMIDfsYMt
        abfr5b4sUv7pTk9kvTwzbNu+fUWuqqs=
        -----END EC PRIVATE KEY-----
        """
    static let p384Public = """
        -----BEGIN PUBLIC KEY-----
        MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEzWqPE+lb8Px+nu2NnxqQ2aqEZRYYzWMO
        oBUM1TKPMHZwHXPLXSmnqZdqPvGamHOw/faR8I0zcDV3FoCZy3svLZUbFDCA37GD
        LWm36+W+LFL+6U5PZL08M2zbvn1Frqqr
        -----END PUBLIC KEY-----
        """
    static let encrypted = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAinrz91r6GsOgICCAAw
        DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEJvYMlMv5PP/xuVVDEOLCj8EgZC7
        J15wkvIwcd8cGVM8uuBj7Oetde7N4hye/YS6byFfri+/eNqmPXMLazb9B6Uagbp2
        xPI06o3oEuBVPPemXraNGc6vQwbAQHAWfyE2Bs34WffAxk2jga95vvruRa6c65Bt
        ZqwYH2EWUF7P6XrS1TKkbwqUxNWEnVqNpwHQtssdvo4BO2VXiKgTHzFhtTE4XvE=
        -----END ENCRYPTED PRIVATE KEY-----
        """
    static let encryptedTraditional = """
        -----BEGIN EC PRIVATE KEY-----
        Proc-Type: 4,ENCRYPTED
        DEK-Info: AES-128-CBC,7A6E74B999E306247E6D86FBA1E8E14C

        ZCm71XEvBF3hBIZ313kT/9OZa66/wML1tPXnNtzEJgeumTIJX12TeDerPjBGxtNh
        rpFKzjiCZM5JmXRiJ+UgFXYBml21NDnEccGLbnpkppg99djB6axiwuI79QzeEaDd
        JNFs9TiDUW5iDBLMPJH7Tq8VDXj1JurTeuWws7zvq1E=
        -----END EC PRIVATE KEY-----
        """
    /// Signatures of "abc".
    static let p256Signature =
        "MEUCIQDqNLxoAUw15nxnYMpbwqWVbPe8ycAQGMYpT1uV70gxkAIgd3YyYgdbMt9jnXNW1HHb3I/baD1LbxECPFfgzgq8FUk="
    static let ed25519Signature =
        "2Am2aCrTkBK/qegicrmpIRvY+WclgKq+PfbCVnm1MMhi/KSnquc0BE7Md72c/mcKroshQ421vDsOreN+eO0ZDA=="
}

@Suite struct SigningKeyTests {
    private let message = Array("abc".utf8)

    @Test(arguments: [
        (Sample.p256, Sample.p256Public), (Sample.sec1, Sample.p256Public), (Sample.ed25519, Sample.ed25519Public),
    ])
    func `what is signed with a key is accepted by its public key, and nothing else is`(
        _ key: String,
        _ publicKey: String
    ) throws {
        let signature = try SigningKey(pem: key).signature(of: message)
        #expect(signature.hasSuffix("\n") && signature.filter { $0 == "\n" }.count == 1)
        let verifier = try VerifyingKey(pem: publicKey)
        #expect(verifier.accepts(signature, of: message))
        #expect(!verifier.accepts(signature, of: message + [0]))
        #expect(!verifier.accepts(String(signature.dropFirst(4)), of: message))
        #expect(!verifier.accepts("", of: message))
        #expect(!verifier.accepts("no base64 at all!", of: message))
        let other = publicKey == Sample.p256Public ? Sample.ed25519Public : Sample.p256Public
        #expect(!(try VerifyingKey(pem: other)).accepts(signature, of: message))
    }

    @Test(arguments: [
        (Sample.p256Public, Sample.p256Signature), (Sample.ed25519Public, Sample.ed25519Signature),
    ])
    func `signatures of openssl are accepted`(_ key: String, _ signature: String) throws {
        #expect(try VerifyingKey(pem: key).accepts(signature, of: message))
        #expect(try !VerifyingKey(pem: key).accepts(signature, of: []))
    }

    @Test(arguments: [
        (Sample.p256Public, KeyError.publicKey), (Sample.encrypted, .encrypted),
        (Sample.encryptedTraditional, .encrypted),
        (Sample.p384, .unsupported), ("", .notPEM), ("-----BEGIN PRIVATE KEY-----\nAAAA", .notPEM),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", .unsupported),
        ("-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----", .notPEM),
    ])
    func `what is no private key that can be used is told apart`(_ text: String, _ expected: KeyError) {
        #expect(throws: expected) { try SigningKey(pem: text) }
    }

    @Test(arguments: [
        (Sample.p256, KeyError.privateKey), (Sample.p384Public, .unsupported), ("", .notPEM),
        ("-----BEGIN -----", .notPEM),
    ])
    func `what is no public key that can be used is told apart`(_ text: String, _ expected: KeyError) {
        #expect(throws: expected) { try VerifyingKey(pem: text) }
    }

    @Test func `what stands around a key, and how its lines end, does not matter`() throws {
        let text = "A key:\r\n" + Sample.p256Public.split(separator: "\n").joined(separator: " \r\n") + "\r\n\r\nbye"
        #expect(try VerifyingKey(pem: text).accepts(Sample.p256Signature, of: message))
    }
}
