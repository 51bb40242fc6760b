/// An endpoint id as fal writes it: `owner/app`, then any path.
struct Endpoint: Sendable, Hashable {
    /// As it was asked for.
    let id: String
    /// `owner/app`, with its namespace if it has one: what the addresses of a job carry.
    let application: String

    /// - Returns: nil for less than an owner and an app.
    init?(segments: ArraySlice<Substring>) {
        guard let length = Self.applicationLength(segments) else { return nil }
        application = Self.joined(segments.prefix(length))
        id = segments.count == length ? application : application + "/" + Self.joined(segments.dropFirst(length))
    }

    /// `owner/app` of the segments that an address begins with.
    static func application(of segments: ArraySlice<Substring>) -> String? {
        applicationLength(segments).map { joined(segments.prefix($0)) }
    }

    private static func applicationLength(_ segments: ArraySlice<Substring>) -> Int? {
        let length = segments.first == "workflows" || segments.first == "comfy" ? 3 : 2
        return segments.count >= length ? length : nil
    }

    private static func joined(_ segments: ArraySlice<Substring>) -> String {
        var text = String(segments.first ?? "")
        for segment in segments.dropFirst() {
            text += "/"
            text += segment
        }
        return text
    }

    /// The last part of `application`, as error texts name it.
    var name: Substring { application.split(separator: "/").last ?? "" }
    /// What follows `application`, without the slash; empty if nothing does.
    var path: Substring { id.dropFirst(application.count + 1) }
}
