package import JSON

// A row of the table, key by key:
//
//   id, task, listed      the endpoint, what it does, the last day fal's types listed it
//   size                  null, or by: image_size | aspect_ratio | literal; see SizeRule+Reading
//   images                null for one image a call, or parameter, maximum, basis, multiplier
//   format                null, or parameter, values, default
//   sync_mode, seed       whether the model has them; default_seed: its fixed seed
//   choices               parameter -> values, default
//   translates            another model's parameter -> to, values (spelling -> spelling), except
//   parameters, ranges    further parameters the model knows, and bounds of numbers among them
//   inputs, required      parameter -> required | optional; parameters without which fal refuses
//   maximum_inputs        the most images a list among the inputs takes
//   edit                  the id of the endpoint that edits images as this one makes them
//   output                field, nsfw, seed, prompt: what a result carries
//   price                 see Price+Reading
//   unknown, notes        which of the above are assumptions; remarks for readers
extension EndpointProfile {
    /// Reads one row of the table, or one that was learned.
    package init(row: JSONObject, origin: Origin = .catalogue) throws(ProfileError) {
        let name = row["id"]?.stringValue ?? "?"
        var row = RowReader(row, endpoint: name)
        let id = try row.requiredText("id")
        do {
            endpoint = try Endpoint(id)
        } catch {
            throw row.failure("id", error.description)
        }
        task = try row.requiredText("task")
        listed = try row.text("listed")
        size = try SizeRule(reading: row.object("size"))
        count = try CountRule(reading: row.object("images"))
        format = try FormatRule(reading: row.object("format"))
        hasSyncMode = try row.flag("sync_mode")
        hasSeed = try row.flag("seed")
        defaultSeed = try row.positive("default_seed")
        choices = try Self.choices(&row)
        translations = try Self.translations(&row)
        parameters = try row.texts("parameters")
        ranges = try Self.ranges(&row)
        inputs = try Self.inputs(&row)
        maximumInputs = try row.positive("maximum_inputs")
        edit = try Self.edit(&row)
        required = try row.texts("required")
        output = try Self.output(row.object("output"), row: row)
        price = try Price(reading: row.object("price"))
        unknown = try row.texts("unknown")
        notes = try row.texts("notes")
        self.origin = origin
        try row.finish()
    }

    static func choices(_ row: inout RowReader) throws(ProfileError) -> [String: Choice] {
        var choices: [String: Choice] = [:]
        for (name, value) in try row.members("choices") {
            guard let object = value.objectValue else { throw row.failure("choices.\(name)", "is not an object") }
            var choice = RowReader(object, endpoint: row.endpoint, path: "choices.\(name)")
            let values = try choice.texts("values")
            let defaultValue = try choice.text("default")
            guard !values.isEmpty, defaultValue.map(values.contains) ?? true else {
                throw choice.failure("default", "is none of the values")
            }
            choices[name] = Choice(values: values, defaultValue: defaultValue)
            try choice.finish()
        }
        return choices
    }

    static func translations(_ row: inout RowReader) throws(ProfileError) -> [String: Translation] {
        var translations: [String: Translation] = [:]
        for (name, value) in try row.members("translates") {
            guard let object = value.objectValue else { throw row.failure("translates.\(name)", "is not an object") }
            var reader = RowReader(object, endpoint: row.endpoint, path: "translates.\(name)")
            var spellings: [String: String] = [:]
            for (from, to) in try reader.members("values") { spellings[from] = to.stringValue }
            translations[name] = Translation(
                parameter: try reader.requiredText("to"), values: spellings, except: try reader.texts("except"))
            try reader.finish()
        }
        return translations
    }

    static func ranges(_ row: inout RowReader) throws(ProfileError) -> [String: ClosedRange<Double>] {
        var ranges: [String: ClosedRange<Double>] = [:]
        for (name, value) in try row.members("ranges") {
            guard let low = value[0]?.doubleValue, let high = value[1]?.doubleValue, low <= high else {
                throw row.failure("ranges.\(name)", "is not two numbers in order")
            }
            ranges[name] = low...high
        }
        return ranges
    }

    static func inputs(_ row: inout RowReader) throws(ProfileError) -> [ImageInput] {
        var inputs: [ImageInput] = []
        for (name, value) in try row.members("inputs") {
            guard let need = value.stringValue, need == "required" || need == "optional" else {
                throw row.failure("inputs.\(name)", "is neither required nor optional")
            }
            inputs.append(ImageInput(parameter: name, isRequired: need == "required"))
        }
        return inputs
    }

    static func edit(_ row: inout RowReader) throws(ProfileError) -> Endpoint? {
        guard let id = try row.text("edit") else { return nil }
        do {
            return try Endpoint(id)
        } catch {
            throw row.failure("edit", error.description)
        }
    }

    static func output(_ reader: RowReader?, row: RowReader) throws(ProfileError) -> OutputShape {
        guard var reader else { throw row.failure("output", "is missing") }
        let shape = OutputShape(
            field: try reader.requiredText("field"), reportsUnsafeContent: try reader.flag("nsfw"),
            reportsSeed: try reader.flag("seed"), reportsPrompt: try reader.flag("prompt"))
        guard ["images", "image"].contains(shape.field) else { throw reader.failure("field", "is neither images nor image") }
        try reader.finish()
        return shape
    }
}

extension CountRule {
    init(reading reader: RowReader?) throws(ProfileError) {
        guard var reader else {
            self = .single
            return
        }
        guard let maximum = try reader.positive("maximum") else { throw reader.failure("maximum", "is missing") }
        self = .parameter(
            try reader.requiredText("parameter"), maximum: maximum, basis: try reader.requiredText("basis"),
            multiplier: try reader.text("multiplier"))
        try reader.finish()
    }
}

extension FormatRule {
    init?(reading reader: RowReader?) throws(ProfileError) {
        guard var reader else { return nil }
        parameter = try reader.requiredText("parameter")
        values = try reader.texts("values")
        defaultValue = try reader.text("default")
        guard !values.isEmpty, defaultValue.map(values.contains) ?? true else {
            throw reader.failure("default", "is none of the values")
        }
        try reader.finish()
    }
}
