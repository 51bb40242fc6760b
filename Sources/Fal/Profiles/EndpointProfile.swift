/// What is known of one fal endpoint: a row of the table, never a type of its own.
///
/// fal ignores parameters a model does not know, silently. So what a model takes has to be known
/// beforehand; a profile is that knowledge. Values without a reliable source are named in `unknown`
/// and set to what cannot do harm.
package struct EndpointProfile: Sendable {
    package let endpoint: Endpoint
    /// fal's word for what the endpoint does: `text-to-image`, `image-edit`, ...
    package internal(set) var task: String
    /// The last day fal's published types listed the endpoint; `nil` when they never did.
    package internal(set) var listed: String?
    package internal(set) var size: SizeRule
    package internal(set) var count: CountRule
    /// `nil` when the model has no parameter for the file format.
    package internal(set) var format: FormatRule?
    /// Whether `sync_mode: true` makes the result carry the images as data URIs.
    package internal(set) var hasSyncMode: Bool
    /// Whether the model takes a `seed`.
    package internal(set) var hasSeed: Bool
    /// The fixed seed of a model that repeats itself unless one is sent.
    package internal(set) var defaultSeed: Int?
    /// Parameters that take one of a list of values, by name.
    package internal(set) var choices: [String: Choice]
    /// Parameters that callers of other models use, and what they become here, by name.
    package internal(set) var translations: [String: Translation]
    /// Further parameters the model knows, which need no help.
    package internal(set) var parameters: [String]
    /// What numeric parameters may be, as far as known, by name.
    package internal(set) var ranges: [String: ClosedRange<Double>]
    package internal(set) var inputs: [ImageInput]
    /// The most images its list of them takes; `nil` where fal alone knows.
    package internal(set) var maximumInputs: Int?
    /// The endpoint that edits images as this one makes them; `nil` where there is none, or where this
    /// one takes images itself.
    package internal(set) var edit: Endpoint?
    package internal(set) var required: [String]
    package internal(set) var output: OutputShape
    package internal(set) var price: Price
    /// Which parts of this row are assumptions: `images.maximum`, `price`, `size.default`.
    package internal(set) var unknown: [String]
    package internal(set) var notes: [String]
    package internal(set) var origin: Origin

    /// Where a profile comes from.
    package enum Origin: Sendable, Hashable {
        /// falgate's own table.
        case catalogue
        /// fal's OpenAPI document of the endpoint.
        case learned
        /// Nothing is known; see `unlisted(_:)`.
        case unlisted
    }

    /// A parameter that takes one of a list of strings.
    package struct Choice: Sendable, Hashable {
        package let values: [String]
        package let defaultValue: String?
    }

    /// How a parameter of one name becomes one of another.
    package struct Translation: Sendable, Hashable {
        package let parameter: String
        /// Values that are written differently here; others stay as they are.
        package let values: [String: String]
        /// Values that mean nothing here.
        package let except: [String]
    }

    /// A parameter that takes an image by its address.
    package struct ImageInput: Sendable, Hashable {
        package let parameter: String
        package let isRequired: Bool
        /// Takes a list of addresses (`image_urls`) rather than one.
        package var isList: Bool { parameter.hasSuffix("urls") }
    }

    /// What a result of the endpoint may carry besides its images.
    package struct OutputShape: Sendable, Hashable {
        /// `images`, or `image` for endpoints that return a single object.
        package let field: String
        package let reportsUnsafeContent: Bool
        package let reportsSeed: Bool
        /// The result tells the prompt that was really used.
        package let reportsPrompt: Bool
    }

    /// Whether the model is known to take a parameter of that name.
    package func takes(_ parameter: String) -> Bool {
        choices[parameter] != nil || parameters.contains(parameter)
    }
}

/// How many images one call makes.
package enum CountRule: Sendable, Hashable {
    /// Always one: more images take more calls.
    case single
    /// As many as the parameter says.
    ///
    /// - maximum: the most a call makes; `nil` when fal alone knows.
    /// - basis: how well the maximum is known: `documented`, `secondary`, `inferred`, `unknown`.
    /// - multiplier: a parameter that multiplies the number (seedream's `max_images`).
    case parameter(String, maximum: Int?, basis: String, multiplier: String?)
}

/// The parameter for the file format, which is not called `output_format` everywhere.
package struct FormatRule: Sendable, Hashable {
    package let parameter: String
    package let values: [String]
    package let defaultValue: String?
}

extension EndpointProfile {
    /// The profile of an endpoint that has no row: `n` becomes `num_images`, a size in pixels or a
    /// preset `image_size`, a ratio `aspect_ratio`; everything else goes to fal untouched, and the
    /// price is unknown.
    package static func unlisted(_ endpoint: Endpoint) -> EndpointProfile {
        EndpointProfile(
            endpoint: endpoint, task: "unknown", listed: nil, size: .unlisted,
            count: .parameter("num_images", maximum: nil, basis: "unknown", multiplier: nil),
            format: nil, hasSyncMode: false, hasSeed: true, defaultSeed: nil, choices: [:], translations: [:],
            parameters: [], ranges: [:], inputs: [], maximumInputs: nil, edit: nil, required: [],
            output: OutputShape(field: "images", reportsUnsafeContent: false, reportsSeed: false, reportsPrompt: false),
            price: .unknown, unknown: ["everything"], notes: [], origin: .unlisted
        )
    }
}
