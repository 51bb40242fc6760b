-- The three upstream calls of an image request, as falgate makes them: submit, follow, fetch. The key
-- is checked, JSON is read and written on both sides; nothing is journaled, limited or priced.
local cjson = require "cjson.safe"

local authorization = "Bearer sk-1234"
local endpoints = { flux = "fal-ai/flux/schnell" }

local function refuse(status, message)
    ngx.status = status
    ngx.print(cjson.encode({ error = { message = message, type = "invalid_request_error" } }))
end

-- The path of one of fal's addresses, below the internal location.
local function internal(address)
    return "/fal" .. string.match(address, "^https?://[^/]+(/.*)$")
end

local function generate()
    if ngx.var.http_authorization ~= authorization then return refuse(401, "unknown key") end
    ngx.req.read_body()
    local wanted = cjson.decode(ngx.req.get_body_data() or "")
    if type(wanted) ~= "table" or type(wanted.prompt) ~= "string" then return refuse(400, "no prompt") end
    local endpoint = endpoints[wanted.model]
    if not endpoint then return refuse(404, "unknown model") end
    local width, height = string.match(wanted.size or "1024x1024", "^(%d+)x(%d+)$")

    local answer = ngx.location.capture("/fal/" .. endpoint, {
        method = ngx.HTTP_POST,
        body = cjson.encode({
            prompt = wanted.prompt, num_images = wanted.n or 1,
            image_size = { width = tonumber(width), height = tonumber(height) },
        }),
    })
    local job = answer.status == 200 and cjson.decode(answer.body)
    if not job then return refuse(502, "fal did not take the job") end

    repeat
        answer = ngx.location.capture(internal(job.status_url))
        local status = answer.status == 200 and cjson.decode(answer.body)
        if not status then return refuse(502, "fal did not tell of the job") end
        local over = status.status == "COMPLETED"
        if not over then ngx.sleep(0.1) end
    until over

    answer = ngx.location.capture(internal(job.response_url))
    local result = answer.status == 200 and cjson.decode(answer.body)
    if not result then return refuse(502, "fal has no result") end
    local data = {}
    for i, image in ipairs(result.images) do data[i] = { url = image.url } end
    local text = cjson.encode({ created = ngx.time(), data = data })
    ngx.header.content_length = #text
    ngx.print(text)
end

return { generate = generate }
