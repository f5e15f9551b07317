-- Sends prepared messages, one after another and then from the start; prints what came of it.
--
-- Argument: a file with path, id, timestamp, signature and body of each, parted by tabs.

local threads = {}

function setup(thread)
	table.insert(threads, thread)
end

function init(args)
	messages, sent, refused = {}, 0, 0
	for line in io.lines(args[1]) do
		local path, id, timestamp, signature, body = line:match("([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t(.*)")
		table.insert(messages, wrk.format("POST", path, {
			["content-type"] = "application/json",
			["webhook-id"] = id,
			["webhook-timestamp"] = timestamp,
			["webhook-signature"] = signature,
		}, body))
	end
end

function request()
	sent = sent + 1
	return messages[(sent - 1) % #messages + 1]
end

function response(status)
	if status ~= 202 and status ~= 204 then
		refused = refused + 1
	end
end

function done(summary, latency)
	local refused = 0
	for _, thread in ipairs(threads) do
		refused = refused + thread:get("refused")
	end
	local errors = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
	io.write(string.format(
		'\n{"answered": %d, "seconds": %f, "p50_ms": %f, "p99_ms": %f, "refused": %d, "errors": %d}\n',
		summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
		refused, errors
	))
end
