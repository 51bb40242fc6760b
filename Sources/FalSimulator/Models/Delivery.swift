/// What a model will deliver for a valid input.
struct Delivery: Sendable {
    var images: [ImageSpecification]
    var prompt: String
    /// As sent, or chosen.
    var seed: String
    /// Pictures as data URIs.
    var isInline: Bool
    /// The safety checker blacked them out.
    var isFlagged = false
    var units: Units
    /// fal's label of the unit.
    var unit: EndpointModel.BillingUnit
    var price: UnitPrice?
    /// In billionths of a dollar.
    var amount: Int64
    /// What it was made from.
    var pictures: [GivenPicture] = []
}
