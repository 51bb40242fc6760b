import Fal
import JSON
import YAML

/// Entries of `model_list`.
extension ConfigurationReader {
    /// Reads an entry whole, however much of it is wrong. What could not be read stands as
    /// it would by default: an error was reported then, and no configuration is given out.
    mutating func readModel(_ place: Place) {
        guard case .mapping = place.node.value else {
            return error("a model is a mapping with model_name and litellm_params", at: place)
        }
        var name: ModelPattern?
        var parameters: Place?
        var info: Place?
        for member in members(of: place) {
            switch member.name {
            case "model_name": name = modelName(member.value)
            case "litellm_params": parameters = member.value
            case "model_info": info = member.value.isNull ? nil : member.value
            default: reportUnhonoured(member, in: .model)
            }
        }
        if place.node["model_name"] == nil {
            error("a model needs a model_name", at: Place(node: place.node, path: place.path(of: "model_name")))
        }
        guard let parameters else {
            let path = place.path(of: "litellm_params")
            return error("a model needs litellm_params", at: Place(node: place.node, path: path))
        }
        var model = ConfiguredModel(
            name: name ?? .unreadable, endpoint: .unreadable, position: place.node.position,
            falKey: Secret(""), apiBase: "")
        model.timeout = defaults.timeout
        model.retries = defaults.retries
        model.unsupportedParameters = defaults.unsupportedParameters
        model.policies = defaults.policies
        if let info { readInfo(info, into: &model) }
        readParameters(parameters, into: &model)
        if model.id.isEmpty { model.id = generatedID(of: model) }
        configuration.models.append(model)
    }

    private mutating func modelName(_ place: Place) -> ModelPattern? {
        guard let text = nonEmptyText(place) else { return nil }
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            error("a model_name has no control characters", at: place)
            return nil
        }
        guard let pattern = ModelPattern(text) else {
            error("a model_name has at most one *", at: place)
            return nil
        }
        return pattern
    }

    private mutating func readInfo(_ place: Place, into model: inout ConfiguredModel) {
        for member in members(of: place) {
            let value = member.value
            // Of a profile's key, null says something: that the endpoint has no such parameter.
            if readOverride(member, into: &model) { continue }
            switch member.name {
            case _ where value.isNull: reportMisspelt(member)
            case "id": readID(value, into: &model)
            case "mode": model.mode = nonEmptyText(value)
            case "base_model": model.baseModel = nonEmptyText(value).map(withoutProvider)
            default:
                if let policies = readPolicy(member, over: model.policies) {
                    model.policies = policies
                } else if !readPrice(member, into: &model.price) {
                    reportMisspelt(member)
                }
            }
        }
        model.info = object(place)
    }

    private mutating func readID(_ place: Place, into model: inout ConfiguredModel) {
        guard let id = nonEmptyText(place) else { return }
        guard HeaderText.isValue(id) else {
            return error("an id has no control characters: it is sent in a header", at: place)
        }
        if let line = modelIDs.updateValue(place.node.position.line, forKey: id) {
            error("this id stands in line \(line) already", at: place)
        }
        model.id = id
    }

    /// Anybody's keys may stand in `model_info`: of those nothing is said but that one is nearly ours, or
    /// is a price of LiteLLM's without a meaning here.
    private mutating func reportMisspelt(_ member: Member) {
        switch KnownKeys.info.standing(of: member.name) {
        case .ignored where !member.value.isNull: reportUnhonoured(member, in: .info)
        case .unknown(let near?) where member.name.utf8.count >= KnownKeys.shortestSlip || EndpointProfile.overridableKeys.contains(near):
            reportSlip("nothing is known by this key; did you mean \(near)?", member)
        case .ignored, .unknown, .honoured, .unenforced: return
        }
    }

    /// The prices that have a meaning.
    ///
    /// - Returns: whether `member` is one of them; it is read then, or reported.
    mutating func readPrice(_ member: Member, into price: inout CustomPrice) -> Bool {
        switch member.name {
        case "output_cost_per_image": price.perImage = self.price(member.value) ?? price.perImage
        case "output_cost_per_pixel": price.perPixel = self.price(member.value) ?? price.perPixel
        case "input_cost_per_image": price.inputPerImage = self.price(member.value) ?? price.inputPerImage
        default:
            guard let resolution = KnownKeys.resolution(pricedBy: member.name) else { return false }
            guard !resolution.isEmpty else {
                error("the resolution is missing, such as output_cost_per_image_2K", at: member.value)
                return true
            }
            price.perImageAtResolution[resolution] = self.price(member.value)
        }
        return true
    }

    /// 64 bits of FNV-1a over what the deployment is, and its number among equals.
    private mutating func generatedID(of model: ConfiguredModel) -> String {
        let identity = "\(model.name)\n\(model.endpoint)\n\(model.apiBase)\n"
        var number = 0
        while true {
            var hash: UInt64 = 0xCBF2_9CE4_8422_2325
            for byte in "\(identity)\(number)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            let digits = String(hash, radix: 16)
            let id = String(repeating: "0", count: 16 - digits.count) + digits
            if modelIDs[id] == nil {
                modelIDs[id] = model.position.line
                return id
            }
            number += 1
        }
    }
}

func withoutProvider(_ model: String) -> String {
    model.hasPrefix(EndpointPattern.provider) ? String(model.dropFirst(EndpointPattern.provider.count)) : model
}
