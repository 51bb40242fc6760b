import JSON

/// Turns a request into an order: finds the plan for it, reads the input as the model would, throws
/// the dice. Everything random comes from one seed, so that two runs are alike.
struct Intake {
    let latency: LatencySetting
    private var dice: Dice
    private var lastID = ""

    init(latency: LatencySetting, seed: UInt64) {
        self.latency = latency
        dice = Dice(seed: seed)
    }

    /// - Parameters:
    ///   - body: the request's body; nil when it is not a JSON object.
    ///   - startDeadline: what the caller's headers say.
    ///   - callback: where the job's end is to be told.
    ///   - time: milliseconds since 1970, for the id.
    mutating func order(
        _ body: JSONObject?, to endpoint: Endpoint, account: Int, behaviour shared: Shared<Behaviour>,
        startDeadline: Duration?, callback: Callback? = nil, time: UInt64
    ) -> Order {
        let model = EndpointModel.of(endpoint)
        let behaviour = shared.value
        return Order(
            id: nextID(behaviour.identity, time: time),
            endpoint: endpoint,
            account: account,
            queue: stay(behaviour.queue, latency.queue),
            run: stay(behaviour.run, latency.run(of: model)),
            startDeadline: startDeadline,
            outcome: outcome(body, for: model, behaviour),
            behaviour: shared,
            callback: callback)
    }

    /// An id for an answer that belongs to no job.
    mutating func anyID(time: UInt64) -> String { dice.uuid(version: 7, time: time) }

    // MARK: Outcome

    private mutating func outcome(
        _ body: JSONObject?, for model: EndpointModel, _ behaviour: Behaviour
    ) -> Order.Outcome {
        if case .failure(let failure) = behaviour.outcome { return .failure(failure) }
        guard let body else {
            let entry = Failure.entry("json_invalid", at: ["body", 0], message: "JSON decode error")
            return .failure(.model("json_invalid", status: 422, entries: [entry]))
        }
        let input = ModelInput(body, for: model)
        if behaviour.validation == .byModel, !input.problems.isEmpty {
            let type = input.problems[0]["type"]?.stringValue ?? "value_error"
            return .failure(.model(type, status: 422, entries: input.problems))
        }
        return .delivery(delivery(of: input, behaviour))
    }

    private mutating func delivery(of input: ModelInput, _ behaviour: Behaviour) -> Delivery {
        let plan = behaviour.output
        let count = input.model.isSingle ? 1 : plan.images ?? input.images
        let size = PictureSize(
            width: min(plan.width ?? input.size.width, ImageSpecification.longestEdge),
            height: min(plan.height ?? input.size.height, ImageSpecification.longestEdge))
        let seed = input.body["seed"]?.numberValue?.lexeme ?? String(dice.next() >> 33)
        let isBlack = behaviour.outcome == .black
        let images = (0..<count).map { number in
            ImageSpecification(
                format: plan.format ?? input.format, width: size.width, height: size.height,
                colour: isBlack ? .black : colour(input.prompt, seed, number), padding: plan.padding)
        }
        let units = behaviour.billing.units ?? input.units(for: count, of: size)
        return Delivery(
            images: images, prompt: input.prompt, seed: seed,
            isInline: plan.syncMode == .forced || (plan.syncMode == .honoured && input.wantsDataURI),
            isFlagged: isBlack,
            units: units, unit: input.model.unit, price: input.unitPrice(of: size),
            amount: input.amount(for: count, of: size, units: units), pictures: input.pictures)
    }

    /// The same prompt, seed and number give the same picture.
    private func colour(_ prompt: String, _ seed: String, _ number: Int) -> Colour {
        var hash = Fingerprint()
        hash.update(Array(prompt.utf8))
        hash.update(Array(seed.utf8))
        return Colour(hue: UInt8(truncatingIfNeeded: hash.value % 64 &+ UInt64(number) * 11))
    }

    // MARK: Dice

    private mutating func stay(_ plan: StayPlan, _ usual: ClosedRange<Duration>) -> Stay {
        switch plan {
        case .usual: .time(dice.duration(in: usual))
        case .time(let range): .time(dice.duration(in: range))
        case .polls(let count): .polls(count)
        case .held: .held
        }
    }

    private mutating func nextID(_ plan: IdentityPlan, time: UInt64) -> String {
        let id =
            switch plan {
            case .uuid7: dice.uuid(version: 7, time: time)
            case .uuid4: dice.uuid(version: 4, time: dice.next())
            case .long: dice.uuid(version: 7, time: time) + String(repeating: "-long", count: 300)
            case .unusual: dice.uuid(version: 7, time: time) + " /?#%&ü"
            case .duplicate: lastID.isEmpty ? dice.uuid(version: 7, time: time) : lastID
            case .exactly(let id): id
            }
        lastID = id
        return id
    }
}

/// FNV-1a, 64 bits: fast, stable and good enough to tell bodies and prompts apart.
struct Fingerprint {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func update(_ bytes: [UInt8]) {
        for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }
}
