import JSON
import Money

extension EndpointProfile {
    /// Most calls one request may become. The gateway's limit on images is far below; this one keeps
    /// a wrong configuration from submitting a thousand jobs.
    package static let maximumCalls = 100

    /// What makes a result carry its images, which are nowhere else then.
    private static let inlineParameter = "sync_mode"

    /// Decides what a request becomes on this endpoint.
    ///
    /// Everything is sent that was asked for, in this order of precedence: the prompt, fal's own
    /// parameters (`extra`), then images, size, count and wishes as this endpoint takes them. More images
    /// than one call makes become several calls.
    ///
    /// - Parameters:
    ///   - price: where the operator has set another one.
    ///   - sizes: what to do with a shape the model cannot make.
    package func plan(
        _ wanted: ImageParameters, price: Price? = nil, sizes: SizePolicy = .nearest
    ) throws(PlanRefusal) -> Plan {
        let size = try sizing(of: wanted, policy: sizes)
        let images = try images(of: wanted)
        var dropped: [DroppedParameter] = []
        if size.mapping.isDropped { dropped.append(DroppedParameter(name: "size", effect: .visible)) }

        var input = JSONObject()
        if let prompt = wanted.prompt { input["prompt"] = .string(prompt) }
        for field in images.fields { input[field.name] = field.value }
        for field in size.mapping.fields { input[field.name] = field.value }
        let batches = try self.batches(of: wanted, input: &input)
        for wish in wanted.wishes.members where !wish.value.isNull {
            switch try Wish(name: wish.key, value: wish.value).outcome(on: self) {
            case .sent(let parameter, let value): input[parameter] = value
            case .dropped(let parameter): dropped.append(parameter)
            }
        }
        if wanted.delivery == .inline, hasSyncMode { input[Self.inlineParameter] = true }
        for (name, value) in wanted.extra.members
        where isForwarded(name, value, wanted) && !images.understood.contains(name) {
            if name == Self.inlineParameter, wanted.delivery == .hosted, value != false {
                dropped.append(DroppedParameter(name: name, effect: .none))
            } else {
                input[name] = spelled(value, for: name)
            }
        }

        let calls = calls(batches, input: input, pixels: size.mapping.pixels)
        return Plan(
            endpoint: endpoint, calls: calls, maximumCost: (price ?? self.price).maximumCost(of: calls),
            sizeNote: size.note, dropped: dropped)
    }

    /// A null means the same as silence; the prompt is the caller's; the count is spread over calls.
    private func isForwarded(_ name: String, _ value: JSONValue, _ wanted: ImageParameters) -> Bool {
        if value.isNull { return false }
        if name == "prompt" { return wanted.prompt == nil }
        // Asked of an endpoint that makes one image a call, it has become several calls.
        if case .single = count, name == Batches.usualParameter { return false }
        return true
    }

    /// Choices are texts at fal, digits included (`safety_tolerance: "2"`); a form cannot tell a text
    /// from a number.
    private func spelled(_ value: JSONValue, for name: String) -> JSONValue {
        guard let lexeme = value.numberValue?.lexeme, let choice = choices[name], choice.values.contains(lexeme) else {
            return value
        }
        return .string(lexeme)
    }

    private func batches(of wanted: ImageParameters, input: inout JSONObject) throws(PlanRefusal) -> Batches {
        let batches = try Batches(rule: count, count: wanted.count, extra: wanted.extra)
        // Its place among the parameters; the number follows for every call.
        if let parameter = batches.parameter { input[parameter] = .integer(batches.sizes[0]) }
        return batches
    }

    private func calls(_ batches: Batches, input: JSONObject, pixels: PixelBound) -> [FalCall] {
        let seeds = SeedSequence(
            input["seed"], standard: defaultSeed, isNeeded: batches.sizes.count > 1)
        var before = 0
        return batches.sizes.map { size in
            var input = input
            if let parameter = batches.parameter { input[parameter] = .integer(size) }
            if let seed = seeds?.seed(after: before) { input["seed"] = seed }
            before += size
            // The caller's numbers: a product that no integer holds is as good as the largest.
            let (most, isTooMany) = size.multipliedReportingOverflow(by: batches.multiplier)
            return FalCall(
                input: input, imageCount: size, maximumImages: isTooMany ? .max : most, pixels: pixels)
        }
    }
}

extension Price {
    /// The most all calls can cost; `nil` when the price is unknown.
    fileprivate func maximumCost(of calls: [FalCall]) -> Nanodollars? {
        guard isKnown else { return nil }
        return calls.reduce(.zero) { $0.addingUpToMaximum(maximumCost(of: $1) ?? .maximum) }
    }
}
