import Testing

@testable import Signatures

func bytes(_ hexadecimal: String) throws -> [UInt8] {
    try #require(Hexadecimal.decode(hexadecimal))
}

@Suite("ED25519") struct Ed25519Tests {
    struct Vector: Sendable {
        let seed: String
        let key: String
        let message: String
        let signature: String
    }

    /// RFC 8032, section 7.1, tests 1 to 3.
    static let vectors = [
        Vector(
            seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            key: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            message: "",
            signature:
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
        Vector(
            seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            key: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            message: "72",
            signature:
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
        Vector(
            seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            key: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            message: "af82",
            signature:
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ]

    @Test("signs and verifies as RFC 8032 does", arguments: vectors)
    func vector(vector: Vector) throws {
        let message = try bytes(vector.message)
        let key = try #require(Ed25519PrivateKey(seed: bytes(vector.seed)))
        #expect(Hexadecimal.encode(key.publicKey.bytes) == vector.key)
        #expect(Hexadecimal.encode(key.signature(of: message)) == vector.signature)
        let publicKey = try #require(Ed25519PublicKey(bytes(vector.key)))
        #expect(publicKey.verifies(try bytes(vector.signature), of: message))
    }

    @Test("a changed bit anywhere, another message, another key: nothing verifies")
    func changed() throws {
        let message = try bytes("af82")
        let key = try #require(Ed25519PrivateKey(seed: bytes(Self.vectors[2].seed)))
        let signature = key.signature(of: message)
        for index in signature.indices {
            var changed = signature
            changed[index] ^= 1
            #expect(!key.publicKey.verifies(changed, of: message))
        }
        #expect(!key.publicKey.verifies(signature, of: []))
        #expect(!key.publicKey.verifies(signature, of: message + [0]))
        let other = try #require(Ed25519PublicKey(bytes(Self.vectors[0].key)))
        #expect(!other.verifies(signature, of: message))
        #expect(key.publicKey.verifies(signature, of: message))
    }

    @Test("sizes that are none verify nothing and make no key")
    func sizes() throws {
        let key = try #require(Ed25519PrivateKey(seed: [UInt8](repeating: 7, count: 32)))
        let signature = key.signature(of: [1])
        for wrong in [[], Array(signature.dropLast()), signature + [0], [UInt8](repeating: 0, count: 64)] {
            #expect(!key.publicKey.verifies(wrong, of: [1]))
        }
        #expect(Ed25519PublicKey([UInt8](repeating: 0, count: 31)) == nil)
        #expect(Ed25519PublicKey([UInt8](repeating: 0, count: 33)) == nil)
        #expect(Ed25519PrivateKey(seed: []) == nil)
        // 32 bytes that are no point of the curve.
        let nonsense = try #require(Ed25519PublicKey([UInt8](repeating: 0xFF, count: 32)))
        #expect(!nonsense.verifies(signature, of: [1]))
    }

    @Test("printing a private key does not show it")
    func secrecy() throws {
        let key = try #require(Ed25519PrivateKey(seed: [UInt8](repeating: 77, count: 32)))
        #expect(!"\(key) \(String(reflecting: key))".contains("77"))
    }
}

@Suite("HMAC with SHA-256") struct HMACTests {
    /// RFC 4231, sections 4.2 to 4.8; 4.6 is of a truncated code.
    @Test("gives the codes of RFC 4231", arguments: [
        (Array(repeating: 0x0B, count: 20), Array("Hi There".utf8), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (Array("Jefe".utf8), Array("what do ya want for nothing?".utf8), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        (Array(repeating: 0xAA, count: 20), Array(repeating: 0xDD, count: 50), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        (Array(1...25), Array(repeating: 0xCD, count: 50), "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
        (
            Array(repeating: 0xAA, count: 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        (
            Array(repeating: 0xAA, count: 131),
            Array("This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.".utf8),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
        ),
    ] as [([UInt8], [UInt8], String)])
    func vector(key: [UInt8], message: [UInt8], code: String) {
        #expect(Hexadecimal.encode(HMACSHA256.code(for: message, key: key)) == code)
    }

    @Test("an empty key and an empty message have a code of their own, every time the same")
    func empty() {
        let code = "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"
        #expect(Hexadecimal.encode(HMACSHA256.code(for: [], key: [])) == code)
        _ = HMACSHA256.code(for: [1], key: [2])
        #expect(Hexadecimal.encode(HMACSHA256.code(for: [], key: [])) == code)
    }
}

@Suite("SHA-256, digits, comparison, randomness") struct PrimitiveTests {
    @Test("gives the digests of FIPS 180-4", arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func digest(text: String, digest: String) {
        #expect(SHA256Digest(of: text).hexadecimal == digest)
        #expect(SHA256Digest(of: Array(text.utf8)).hexadecimal == digest)
        #expect(SHA256Digest(of: text).matches(SHA256Digest(of: Array(text.utf8))))
        #expect(!SHA256Digest(of: text).matches(SHA256Digest(of: text + " ")))
    }

    @Test("digits are read in both cases and written in one; anything else is refused")
    func hexadecimal() {
        #expect(Hexadecimal.decode("00fFaB09") == [0, 255, 171, 9])
        #expect(Hexadecimal.decode("") == [])
        #expect(Hexadecimal.encode([0, 255, 171, 9]) == "00ffab09")
        for wrong in ["0", "0g", " 00", "0x00", "00 ", "é0", "-1", "+1"] { #expect(Hexadecimal.decode(wrong) == nil) }
    }

    @Test("equal is equal in every byte and in length")
    func constantTime() {
        #expect(ConstantTime.areEqual([], []))
        #expect(ConstantTime.areEqual([1, 2], [1, 2]))
        #expect(!ConstantTime.areEqual([1, 2], [1, 3]))
        #expect(!ConstantTime.areEqual([1, 2], [1]))
    }

    @Test("a kernel's number is handed out once, to one thread")
    func kernelRandom() async {
        let numbers = await withTaskGroup(of: [UInt64].self) { group in
            // More than are fetched at once, by several.
            for _ in 0..<8 { group.addTask { (0..<1000).map { _ in KernelRandom().next() } } }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(numbers).count == 8000)
        #expect((0..<1000).allSatisfy { _ in (0..<1).contains(KernelRandom.fraction) })
    }
}
