import Glibc

/// What the kernel knows of this process, by proc(5). Blocks for as long as the kernel takes, which
/// grows with the number of descriptors: not for a loop's thread.
struct ProcessFigures: Sendable {
    let residentBytes: Int
    let openDescriptors: Int
    let mostDescriptors: Int

    static func read() -> ProcessFigures {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return ProcessFigures(
            residentBytes: residentPages() * sysconf(Int32(_SC_PAGESIZE)), openDescriptors: descriptors(),
            mostDescriptors: Int(clamping: limit.rlim_cur))
    }

    /// The second number of `statm`; 0 when there is no descriptor left to read it with.
    private static func residentPages() -> Int {
        guard let file = fopen("/proc/self/statm", "re") else { return 0 }
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 128)
        let count = fread(&buffer, 1, buffer.count, file)
        let numbers = String(decoding: buffer[..<count], as: UTF8.self).split(separator: " ")
        return numbers.count > 1 ? Int(numbers[1]) ?? 0 : 0
    }

    private static func descriptors() -> Int {
        guard let folder = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // `.`, `..` and the folder itself.
        return max(0, count - 3)
    }
}
