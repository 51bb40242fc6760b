import COpenSSL

/// Bytes nobody can guess: for secrets and identifiers that stand for one.
package enum RandomBytes {
    /// - Parameter count: at most a kilobyte; secrets have 16 to 64 bytes.
    package static func make(_ count: Int) -> [UInt8] {
        precondition((0...1024).contains(count), "random bytes are for secrets")
        return [UInt8](unsafeUninitializedCapacity: count) { target, made in
            // An unseeded generator must stop the process: a guessable secret is worse than none.
            precondition(count == 0 || RAND_bytes(target.baseAddress, Int32(count)) == 1, "no randomness")
            made = count
        }
    }
}
