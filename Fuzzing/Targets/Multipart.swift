import HTTP

/// Forms: the first line is the content type, the rest the body. Parts lie in the body one behind the
/// other, none has the boundary in it, and a form written from them is read back.
func fuzzMultipart(_ bytes: [UInt8]) {
    let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
    let body = Array(bytes.dropFirst(line.count + 1))
    let contentType = String(decoding: line, as: UTF8.self)
    _ = MultipartForm.isFormData(contentType)
    // A content type of the fuzzer's making is seldom one; the second reading goes on all the same.
    for type in [contentType, "multipart/form-data; boundary=b"] {
        guard let form = try? MultipartForm(body, contentType: type) else { continue }
        var end = 0
        for part in form.parts {
            require(part.body.startIndex >= end && part.body.endIndex <= body.count, "a part outside of the body")
            end = part.body.endIndex
            require(!part.name.isEmpty, "a part without a name")
        }
        readBack(form)
    }
}

private func readBack(_ form: MultipartForm) {
    // More of one letter than stand together anywhere in the form; a fixed one the fuzzer would find.
    let longest = form.parts.flatMap { $0.body.split { $0 != UInt8(ascii: "x") } }.map(\.count).max() ?? 0
    let boundary = String(repeating: "x", count: longest + 1)
    guard boundary.utf8.count <= MultipartLimits.boundaryBytes else { return }
    var body: [UInt8] = []
    for part in form.parts {
        // The name of a part may hold what only escapes can say.
        let name = part.name.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined()
        body += Array("--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n".utf8)
        body += part.body + Array("\r\n".utf8)
    }
    body += Array("--\(boundary)--".utf8)
    let again = try? MultipartForm(body, contentType: "multipart/form-data; boundary=\(boundary)")
    require(again?.parts.map(\.name) == form.parts.map(\.name), "names written, but not read back")
    require(again?.parts.map { Array($0.body) } == form.parts.map { Array($0.body) }, "bodies written, but not read back")
}
