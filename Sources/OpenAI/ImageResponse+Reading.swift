import JSON

extension ImageResponse {
    /// Reads what `segments()` wrote; base64 text is not expected in it.
    ///
    /// - Returns: `nil` for anything that is no such response.
    package init?(stored body: [UInt8]) {
        guard let value = try? JSON.parse(body), let created = value["created"]?.intValue,
            let data = value["data"]?.arrayValue
        else { return nil }
        self.init(
            created: created,
            images: data.map { entry in
                Image(
                    url: entry["url"]?.stringValue, revisedPrompt: entry["revised_prompt"]?.stringValue,
                    providerFields: entry["provider_specific_fields"]?.objectValue)
            })
        background = value["background"]?.stringValue
        outputFormat = value["output_format"]?.stringValue
        quality = value["quality"]?.stringValue
        size = value["size"]?.stringValue
        falgate = value["falgate"]?.objectValue
    }
}
