import Fal
import HTTP
import OpenAI
import Reactor

/// An image as it goes to the caller.
struct DeliveredImage: Sendable {
    var answer: ImageResponse.Image
    /// `png`, `jpeg`, ...; `nil` where only the address is known.
    var format: String?
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
    /// Turns what fal delivered into what was asked for. All images of a job are fetched at once.
    ///
    /// An image that cannot be fetched is given by its address, for it has been made and paid for;
    /// it is told among the losses all the same. An address that may not be fetched is not given.
    ///
    /// - Parameter bytes: nobody waits for bytes when false, and addresses are all that is kept.
    func deliver(
        _ outcome: CallOutcome, of order: ImageOrder, bytes: Bool, until deadline: Deadline
    ) async -> Delivery {
        guard let output = outcome.output else { return Delivery() }
        var delivery = Delivery()
        let wanted = output.images.indices.filter { index in
            guard order.withholdsUnsafeImages, output.isUnsafe(index) else { return true }
            delivery.losses.append(.unsafeImage)
            return false
        }
        let prompt = output.prompt == order.wanted.prompt ? nil : output.prompt
        if wanted.count == 1 {
            let found = await image(output.images[wanted[0]], prompt: prompt, order, bytes: bytes, until: deadline)
            delivery.add(found)
            return delivery
        }
        let found = await withTaskGroup(of: (Int, Result<DeliveredImage, LostImage>).self) { group in
            for index in wanted {
                group.addTask { (index, await self.image(output.images[index], prompt: prompt, order, bytes: bytes, until: deadline)) }
            }
            var found: [(Int, Result<DeliveredImage, LostImage>)] = []
            while let image = await group.next() { found.append(image) }
            return found
        }
        for (_, image) in found.sorted(by: { $0.0 < $1.0 }) { delivery.add(image) }
        return delivery
    }

    private func image(
        _ image: FalOutput.Image, prompt: String?, _ order: ImageOrder, bytes: Bool, until deadline: Deadline
    ) async -> Result<DeliveredImage, LostImage> {
        var answer = ImageResponse.Image(revisedPrompt: prompt)
        if order.delivery.hasAddress { answer.url = image.url }
        guard order.delivery.hasBytes, bytes else {
            return .success(DeliveredImage(answer: answer, format: image.format, address: image.address))
        }
        do {
            let base = order.deployment.upstream.base.origin
            let encoded = try await images(order.setup).encoded(image, base: base, until: deadline)
            answer.base64 = encoded.base64
            return .success(
                DeliveredImage(answer: answer, format: encoded.format.rawValue, address: image.address))
        } catch {
            let base = order.deployment.upstream.base.origin
            guard case .address(let address) = image.source, let url = URL(address), order.setup.hosts.allows(url, base: base)
            else { return .failure(LostImage(error: error, substitute: nil)) }
            answer.url = address
            let substitute = DeliveredImage(
                answer: answer, format: image.format, isReplacement: true, address: address)
            return .failure(LostImage(error: error, substitute: substitute))
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
    fileprivate mutating func add(_ image: Result<DeliveredImage, LostImage>) {
        switch image {
        case .success(let image): images.append(image)
        case .failure(let lost):
            losses.append(lost.error)
            if let substitute = lost.substitute { images.append(substitute) }
        }
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
        return ImageFormat(rawValue: String(type.dropFirst("image/".count)))?.rawValue
    }
}

extension GatewayError {
    static let unsafeImage = GatewayError(
        .contentPolicy, "fal's safety checker flagged the image and blacked it out. It has been billed.",
        param: "prompt")
}
