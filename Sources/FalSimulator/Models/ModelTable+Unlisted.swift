extension ModelTable {
    /// Endpoints of fal's that a gateway is unlikely to have in a table of its own: what it can
    /// learn of them it has to learn from their documents.
    static let unlisted = #"""
        {"id":"fal-ai/qwen-image","size":"image_size","default":"landscape_4_3","n":4,"formats":["jpeg","png"],"format":"png","sync":true,"item":"image","fields":["has_nsfw_concepts","prompt","seed","timings"],"enums":{"acceleration":["none","regular","high"]},"ranges":{"num_inference_steps":[2,250],"guidance_scale":[0,20]},"price":"0.02","unit":"megapixels"}
        {"id":"fal-ai/luma-photon","size":"aspect_ratio","sizes":["16:9","9:16","1:1","4:3","3:4","21:9","9:21"],"default":"1:1","format":"jpeg","item":"file","price":"0.019","unit":"images"}
        {"id":"fal-ai/qwen-image-edit","required":["image_url","prompt"],"size":"image_size","n":4,"formats":["jpeg","png"],"format":"png","sync":true,"item":"image","fields":["has_nsfw_concepts","prompt","seed","timings"],"enums":{"acceleration":["none","regular"]},"price":"0.03","unit":"megapixels"}
        {"id":"fal-ai/fast-lightning-sdxl","size":"image_size","default":"square_hd","n":8,"formats":["jpeg","png"],"format":"jpeg","format_field":"format","sync":true,"item":"image","fields":["has_nsfw_concepts","prompt","seed","timings"],"enums":{"num_inference_steps":["1","2","4","8"]},"price":"0.00111","unit":"compute seconds","seconds":[1,2]}
        """#
}
