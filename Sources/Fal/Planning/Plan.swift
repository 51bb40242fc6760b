package import JSON
package import Money

/// What a request becomes on one endpoint: everything is decided, nothing has been sent.
package struct Plan: Sendable {
    package let endpoint: Endpoint
    /// At least one. They are independent of one another and their images keep this order.
    package let calls: [FalCall]
    /// The most all calls together can cost; `nil` when the endpoint's price is unknown.
    package let maximumCost: Nanodollars?
    /// What became of the size: `1792x1024 -> aspect_ratio 16:9`. `nil` when none was asked for or
    /// fal's own parameter stood for itself.
    package let sizeNote: String?
    /// What was asked for and cannot be had on this endpoint.
    package let dropped: [DroppedParameter]

    /// How many images are asked for in all.
    package var imageCount: Int { calls.reduce(0) { $0 + $1.imageCount } }

    /// How many may come of it at most.
    package var maximumImages: Int {
        calls.reduce(0) { sum, call in
            let (most, isTooMany) = sum.addingReportingOverflow(call.maximumImages)
            return isTooMany ? .max : most
        }
    }
}

/// One job for fal's queue.
package struct FalCall: Sendable, Equatable {
    /// The exact input.
    package let input: JSONObject
    /// How many images the call asks for.
    package let imageCount: Int
    /// How many it may deliver at most; more only where the model has a parameter for that.
    package let maximumImages: Int
    /// What is known of the size of its images.
    package let pixels: PixelBound
}

extension FalCall {
    /// A call that an earlier process made, as far as its price depends on it.
    ///
    /// - Parameter priced: `pricedInput` of that call.
    package init(resuming priced: JSONObject, imageCount: Int) {
        self.init(
            input: priced, imageCount: imageCount, maximumImages: imageCount,
            pixels: .atMost(SizeMapping.largestUnknown))
    }

    /// The input without everything that could be somebody's: prompts, pictures, names. What is left
    /// (quality, resolution, switches) decides about the price.
    package var pricedInput: JSONObject {
        JSONObject(
            members: input.members.filter { name, value in
                switch value {
                case .string(let text): return text.utf8.count <= FalCall.longestPricedWord && !name.mentionsPrompt
                case .bool, .number: return true
                case .array, .object, .null: return false
                }
            })
    }

    /// Words that prices depend on are short: `high`, `vector_illustration/infographical`.
    private static let longestPricedWord = 40
}

extension String {
    /// Whether `prompt` is anywhere in it. `contains` builds tables for its search first, which costs as much as the
    /// rest of what is kept of a call.
    fileprivate var mentionsPrompt: Bool {
        var rest = utf8[...]
        while let start = rest.firstIndex(of: UInt8(ascii: "p")) {
            rest = rest[start...]
            if rest.starts(with: "prompt".utf8) { return true }
            rest = rest.dropFirst()
        }
        return false
    }
}

/// A parameter that this endpoint cannot honour.
package struct DroppedParameter: Sendable, Hashable {
    package let name: String
    package let effect: Effect

    package enum Effect: Sendable, Hashable {
        /// The picture is the same without it.
        case none
        /// The caller gets another picture, or another file, than was asked for.
        case visible
    }
}

/// Why a request cannot be planned. The caller can mend all of these.
package enum PlanRefusal: Error, Sendable, Equatable {
    /// The model writes other formats. Only where it has a parameter for the format.
    case format(asked: String, possible: [String])
    /// Exact sizes are demanded and the model makes only the ones described.
    case size(asked: ImageSize, possible: String)
    case tooManyCalls(most: Int)
    /// Images were given, and the model works from a prompt alone.
    case imagesNotTaken
    case tooManyImages(given: Int, most: Int)
    /// The model works on an image, and none was given.
    case imageMissing
    case maskNotTaken
    /// The model changes what a mask shows it, and none was given.
    case maskMissing
    case promptMissing
}

/// What happens to a size that a model cannot make.
package enum SizePolicy: Sendable, Hashable {
    /// It gets the nearest one, and is told.
    case nearest
    /// It is refused where even the shape cannot be had.
    case exact
}
