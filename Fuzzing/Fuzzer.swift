/// Runs one fuzz target: `fuzz <target> [libFuzzer options] [corpus folders]`. See `scripts/fuzz`.
///
/// A target gets any bytes. It must not crash, and what it promises about its result is checked
/// with `require`, which stops the process so that libFuzzer keeps the input.
enum Fuzzer {
    static let targets: [String: @Sendable ([UInt8]) -> Void] = [
        "requests": fuzzRequests,
        "answers": fuzzAnswers,
        "chunks": fuzzChunks,
        "event-streams": fuzzEventStreams,
        "multipart": fuzzMultipart,
        "json": fuzzJSON,
        "yaml": fuzzYAML,
        "urls": fuzzURLs,
        "data-uris": fuzzDataURIs,
        "profiles": fuzzProfiles,
        "yaml-reading": printYAML,
    ]

    /// Chosen once, before the first run.
    nonisolated(unsafe) static var target: @Sendable ([UInt8]) -> Void = { _ in }
}

typealias Arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

/// Called by libFuzzer's `main` before it reads the arguments; takes the target's name from them.
@_cdecl("LLVMFuzzerInitialize")
func initialize(_ count: UnsafeMutablePointer<Int32>, _ arguments: UnsafeMutablePointer<Arguments>) -> Int32 {
    guard count.pointee > 1, let name = arguments.pointee[1], let target = Fuzzer.targets[String(cString: name)] else {
        fatalError("which target? One of: \(Fuzzer.targets.keys.sorted().joined(separator: " "))")
    }
    Fuzzer.target = target
    arguments.pointee[1] = arguments.pointee[0]
    arguments.pointee += 1
    count.pointee -= 1
    return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    Fuzzer.target(Array(UnsafeBufferPointer(start: data, count: size)))
    return 0
}

/// Stops with `promise` when it is broken.
func require(_ holds: @autoclosure () -> Bool, _ promise: @autoclosure () -> String, line: UInt = #line, file: StaticString = #file) {
    if !holds() { fatalError("broken: \(promise())", file: file, line: line) }
}
