import Fal
import HTTP
import Ledger
import OpenAI
import Reactor

/// What `store_images` keeps. Whoever waits for the answer has it by then: neither a slow CDN nor a slow
/// disk delays it. An image that is not kept is told and counted, and fal's CDN is asked when
/// somebody wants it.
extension Worker {
    /// Call it when the answer of a request is durable, and before the request is over: a process that ends waits for those
    /// that have begun.
    ///
    /// - Returns: whether to store its images; `false` when somebody does, or nobody.
    func beginStoring(_ request: String) -> Bool {
        switch core.images?.begin(request) {
        case .now: return true
        case .later, nil: return false
        case .never:
            notStored(0, of: request, because: "too many requests wait for the folder")
            return false
        }
    }

    /// Keeps the images of a request that has begun, then those of requests that wait. Images that were handed over as bytes
    /// are not fetched again.
    ///
    /// - Parameter end: `nil` where only the ledger knows it.
    func store(_ request: String, _ end: RequestEnd?) {
        reactor.spawn {
            await self.storeKept(request, end)
            while let next = self.core.images?.next() { await self.storeKept(next, nil) }
        }
    }

    /// Keeps the images of the answer that is kept, as far as they are not.
    private func storeKept(_ id: String, _ end: RequestEnd?) async {
        let setup = core.setup
        guard let stored = try? await core.ledger.storedRequest(id: id), let kept = stored.images else { return }
        let base = setup.origin(of: StoredRendering(stored.rendering))
        let known = try? end?.result.get().images
        for (number, image) in kept.images.enumerated() {
            let name = StoredImageName(request: id, number: number)
            if end == nil, await core.images?.has(name) == true { continue }
            do {
                let base64: ArraySlice<UInt8>
                if let known, known.indices.contains(number), let bytes = known[number].base64 {
                    base64 = bytes
                } else {
                    // What fal has sent inside its result the caller has, and nobody else.
                    guard let address = image.url else { continue }
                    base64 = try await images(setup).encoded(address: address, base: base, until: .after(Worker.fetchPatience)).base64
                }
                try await core.images?.keep(base64, as: name)
                core.metrics.storedImage()
            } catch let error as GatewayError {
                notStored(number, of: id, because: error.detail ?? error.message)
            } catch {
                notStored(number, of: id, because: "\(error)")
            }
        }
    }

    private func notStored(_ number: Int, of request: String, because reason: String) {
        core.metrics.failedToStoreImage()
        core.log.write(.warning, "image not stored", [("request", request), ("image", String(number)), ("reason", reason)])
    }
}
