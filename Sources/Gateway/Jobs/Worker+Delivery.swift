import Fal
import HTTP
import OpenAI
import Reactor

/// An image as it goes to the caller.
struct DeliveredImage: Sendable {
    var answer: ImageResponse.Image
    /// `png`, `jpeg`, ...; `nil` where only the address is known.
    var format: String?
    /// As fal says; `nil` where it does not.
    var size: PixelSize?
    /// The bytes were asked for and could not be had: only the address is given.
    var isReplacement = false
    /// Where fal keeps it; `nil` when it came with the result.
    var address: String?
}

/// What a job gives the caller: its images in fal's order, and why others are missing.
struct Delivery: Sendable {
    var images: [DeliveredImage] = []
    var losses: [GatewayError] = []
    /// How long it took to fetch them.
    var took: Duration = .zero

    /// Whether the caller gets every image by the address at which fal keeps it, and no bytes.
    var isAddressesAlone: Bool {
        images.allSatisfy { $0.answer.base64 == nil && $0.answer.url == $0.address }
    }

    mutating func append(_ other: Delivery) {
        images += other.images
        losses += other.losses
        took += other.took
    }
}

extension Worker {
    /// What a job gave, with the bytes of its images, all of which are fetched at once.
    ///
    /// An image that cannot be fetched is given by its address, for it has been made and paid for;
    /// it is told among the losses all the same. An address that may not be fetched is not given.
    @inline(never)
    func fetched(_ outcome: CallOutcome, of order: ImageOrder, until deadline: Deadline) async -> Delivery {
        let began = Deadline.now
        var delivery = Delivery(addressesOf: outcome, of: order)
        let found = await fetched(Array(zip(outcome.images(for: order), delivery.images)), order, until: deadline)
        delivery.images = []
        for image in found { delivery.add(image) }
        delivery.took = .nanoseconds(Deadline.now.nanoseconds(since: began))
        return delivery
    }

    private func fetched(
        _ images: [(FalOutput.Image, DeliveredImage)], _ order: ImageOrder, until deadline: Deadline
    ) async -> [Result<DeliveredImage, LostImage>] {
        if images.count == 1 { return [await fetched(images[0].0, images[0].1, order, until: deadline)] }
        return await withTaskGroup(of: (Int, Result<DeliveredImage, LostImage>).self) { group in
            for (index, image) in images.enumerated() {
                group.addTask { (index, await self.fetched(image.0, image.1, order, until: deadline)) }
            }
            var found: [(Int, Result<DeliveredImage, LostImage>)] = []
            while let image = await group.next() { found.append(image) }
            return found.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// - Parameter byAddress: the same image as it is without its bytes.
    private func fetched(
        _ image: FalOutput.Image, _ byAddress: DeliveredImage, _ order: ImageOrder, until deadline: Deadline
    ) async -> Result<DeliveredImage, LostImage> {
        let base = order.deployment.upstream.base.origin
        var delivered = byAddress
        do throws(GatewayError) {
            let encoded = try await images(order.setup).encoded(image, base: base, until: deadline)
            delivered.answer.base64 = encoded.base64
            delivered.format = encoded.format.rawValue
            return .success(delivered)
        } catch where error.kind == .clientGone {
            // Nobody waits for the bytes any more. The image is made and paid for, and is kept like any other.
            return .success(byAddress)
        } catch {
            guard let address = image.address, let url = URL(address), order.setup.hosts.allows(url, base: base)
            else { return .failure(LostImage(error: error, substitute: nil)) }
            delivered.answer.url = address
            delivered.isReplacement = true
            return .failure(LostImage(error: error, substitute: delivered))
        }
    }
}

/// An image that the caller does not get as asked.
private struct LostImage: Error {
    let error: GatewayError
    /// What he gets instead.
    let substitute: DeliveredImage?
}

extension Delivery {
    /// What a job gave, by address: for everybody where nobody wants bytes, or nobody waits for them any more.
    init(addressesOf outcome: CallOutcome, of order: ImageOrder) {
        guard let output = outcome.output else { return }
        let prompt = output.prompt == order.wanted.prompt ? nil : output.prompt
        let shown = outcome.images(for: order)
        images = shown.map { DeliveredImage(byAddress: $0, prompt: prompt, order.delivery) }
        losses = Array(repeating: .unsafeImage, count: output.images.count - shown.count)
        losses += Array(repeating: .unreadableImage, count: output.unreadable)
    }

    fileprivate mutating func add(_ image: Result<DeliveredImage, LostImage>) {
        switch image {
        case .success(let image): images.append(image)
        case .failure(let lost):
            losses.append(lost.error)
            if let substitute = lost.substitute { images.append(substitute) }
        }
    }
}

extension CallOutcome {
    /// Those that the caller may have.
    fileprivate func images(for order: ImageOrder) -> [FalOutput.Image] {
        guard let output else { return [] }
        guard order.withholdsUnsafeImages else { return output.images }
        return output.images.indices.filter { !output.isUnsafe($0) }.map { output.images[$0] }
    }
}

extension DeliveredImage {
    fileprivate init(byAddress image: FalOutput.Image, prompt: String?, _ delivery: ImageDelivery) {
        answer = ImageResponse.Image(url: delivery.hasAddress ? image.url : nil, revisedPrompt: prompt)
        // Who comes later finds it nowhere else.
        if delivery == .base64, case .inline(_, let base64) = image.source { answer.base64 = base64 }
        format = image.format
        size = image.size
        address = image.address
    }
}

extension FalOutput {
    func isUnsafe(_ index: Int) -> Bool {
        unsafeContent.map { $0.indices.contains(index) && $0[index] } ?? false
    }
}

extension FalOutput.Image {
    /// Where the image is; a data URI when fal has sent it in its answer.
    fileprivate var url: String {
        switch source {
        case .address(let address): address
        case .inline(let mediaType, let base64): "data:\(mediaType);base64," + String(decoding: base64, as: UTF8.self)
        }
    }

    var address: String? {
        if case .address(let address) = source { address } else { nil }
    }

    /// As fal says: nobody has looked at the bytes.
    var format: String? {
        guard let type = contentType?.lowercased(), type.hasPrefix("image/") else { return nil }
        let name = String(type.dropFirst("image/".count))
        // The first is not registered, and common; the second is.
        let format: ImageFormat? = name == "jpg" ? .jpeg : name == "svg+xml" ? .svg : ImageFormat(rawValue: name)
        return format?.rawValue
    }
}

extension GatewayError {
    fileprivate static let unreadableImage = GatewayError(
        .falNonsense, "fal's result has an entry without an image. It may have been billed.")

    static let unsafeImage = GatewayError(
        .contentPolicy, "fal's safety checker flagged the image and blacked it out. It has been billed.",
        param: "prompt")
}
