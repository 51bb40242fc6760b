import Glibc
import HTTP
import Testing

@testable import Gateway

@Suite("The folder of stored images") final class StoredImagesTests: Sendable {
    private let path: String

    init() throws {
        var template = Array("/tmp/images.XXXXXX".utf8CString)
        path = String(cString: try #require(mkdtemp(&template)))
    }

    deinit {
        for name in (try? ImageFile.names(in: path)) ?? [] { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    private func name(_ number: Int) -> StoredImageName {
        let digits = String(number)
        return StoredImageName(request: "019f6a10-0000-7000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits, number: 0)
    }

    private var files: [String] { get throws { try ImageFile.names(in: path).filter { !$0.hasPrefix(".") }.sorted() } }

    private func text(_ bytes: [UInt8]) -> ArraySlice<UInt8> { Base64.encode(bytes)[...] }

    @Test("what is kept is there as it was, for the next process too; what is forgotten is gone")
    func keeping() async throws {
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
        let first = StoredImages(path: path, bound: 1_000_000)
        try await first.keep(text(bytes), as: name(1))
        try await first.keep(text([]), as: name(2))
        #expect(await first.bytes(of: name(1)) == bytes)
        #expect(await first.base64(of: name(1)) == text(bytes))
        #expect(await first.bytes(of: name(2)) == [])
        #expect(await first.bytes(of: name(3)) == nil)
        try await first.forget([name(2).request])
        #expect(try files == ["\(name(1))"])
    }

    @Test("many writers at once stay below the bound together")
    func bound() async throws {
        let images = StoredImages(path: path, bound: 10_000)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask { try await images.keep(self.text([UInt8](repeating: 1, count: 1_000)), as: self.name(number)) }
            }
            while try await group.next() != nil {
                let sizes = try self.files.map { ImageFile.size("\(self.path)/\($0)") ?? 0 }
                #expect(sizes.reduce(0, +) <= 10_000)
            }
        }
        #expect(try files.count == 10)
    }

    @Test("after a start there is room for the bound of today, without the drafts of a crash", .timeLimit(.minutes(1)))
    func start() async throws {
        do {
            let images = StoredImages(path: path, bound: 10_000)
            for number in 0..<5 { try await images.keep(text([UInt8](repeating: 1, count: 1_000)), as: name(number)) }
        }
        close(open("\(path)/\(name(7).draft)", O_CREAT | O_WRONLY, 0o600))
        close(open("\(path)/notes", O_CREAT | O_WRONLY, 0o600))
        let images = StoredImages(path: path, bound: 2_500)
        // The last task of the first one may still be on its way out.
        while (try? await images.requests()) == nil { await Task.yield() }
        #expect(try await Set(images.requests()) == [name(3).request, name(4).request])
        #expect(try files == ["\(name(3))", "\(name(4))", "notes"])
    }

    @Test("a folder belongs to one process at a time")
    func lock() async throws {
        let images = StoredImages(path: path, bound: 10)
        #expect(try await images.requests() == [])
        await #expect(throws: StoredImageFailure.inUse(path)) { try await StoredImages(path: self.path, bound: 10).requests() }
    }

    @Test("a link in the place of a file is not followed")
    func links() async throws {
        #expect(symlink("/etc/passwd", "\(path)/\(name(1))") == 0)
        let images = StoredImages(path: path, bound: 10)
        #expect(await images.bytes(of: name(1)) == nil)
        #expect(try await images.requests() == [])
        #expect(symlink("/tmp/somewhere-else", "\(path)/\(name(2).draft)") == 0)
        await #expect(throws: StoredImageFailure.self) { try await images.keep(self.text([1]), as: self.name(2)) }
    }

    @Test("what is no base64 is not kept")
    func nonsense() async throws {
        let images = StoredImages(path: path, bound: 10)
        await #expect(throws: StoredImageFailure.noImage) { try await images.keep(Array("no!".utf8)[...], as: self.name(1)) }
        #expect(try await images.requests() == [])
    }
}
