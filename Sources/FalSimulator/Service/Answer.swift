import HTTP
import JSON

/// An answer before any fault is laid over it.
struct Answer: Sendable {
    enum Content: Sendable {
        case json(JSONObject)
        case bytes([[UInt8]], contentType: String)
    }

    var status: Int
    var content: Content
    var fields = Fields()

    init(_ status: Int, _ json: JSONObject, fields: Fields = Fields()) {
        self.status = status
        content = .json(json)
        self.fields = fields
    }

    init(_ status: Int, _ segments: [[UInt8]], contentType: String) {
        self.status = status
        content = .bytes(segments, contentType: contentType)
    }

    static func detail(_ status: Int, _ text: String) -> Answer { Answer(status, ["detail": .string(text)]) }

    /// The body of a failure, or of a fault.
    init(_ status: Int, _ body: Fault.Body, contentType: String?, _ lines: [Fault.Field]) {
        self.status = status
        switch body {
        case .json(.object(let object)) where contentType == nil: content = .json(object)
        case .json(let value): content = .bytes([value.serialized()], contentType: contentType ?? "application/json")
        case .text(let text): content = .bytes([Array(text.utf8)], contentType: contentType ?? "text/plain")
        }
        for line in lines { fields.append(line.name, line.value) }
    }

    /// With what the fault puts in the place of the truth, or changes about it.
    func replaced(by fault: Fault) -> Answer {
        var answer = self
        if let body = fault.body {
            answer = Answer(fault.status ?? 200, body, contentType: fault.contentType, [])
        } else if let status = fault.status {
            answer.status = status
        }
        if case .json(var object) = answer.content {
            for (key, value) in fault.merge.members { object[key] = value }
            for key in fault.remove { object[key] = nil }
            answer.content = .json(object)
        }
        if let type = fault.contentType {
            answer.content = .bytes(answer.segments, contentType: type)
        }
        for field in fault.fields { answer.fields.append(field.name, field.value) }
        return answer
    }

    var segments: [[UInt8]] {
        switch content {
        case .json(let object): [object.serialized()]
        case .bytes(let segments, _): segments
        }
    }

    var response: Response {
        var fields = fields
        switch content {
        case .json(let object):
            fields.set("Content-Type", "application/json")
            return Response(status: status, fields: fields, body: .bytes(object.serialized()))
        case .bytes(let segments, let contentType):
            fields.set("Content-Type", contentType)
            return Response(status: status, fields: fields, body: .segments(segments.map { $0[...] }))
        }
    }
}
