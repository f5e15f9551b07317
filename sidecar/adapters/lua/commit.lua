-- Write everything, or nothing where a value is no longer the one that was read.
--
-- KEYS[1..n]  the values that were read
-- ARGV        n, their n tags (the first nine bytes; '' where there was no value),
--             then one command after another, each as its length, its name and its arguments
--
-- Answers 1 when written, 0 when not.
local n = tonumber(ARGV[1])
for i = 1, n do
	if redis.call('GETRANGE', KEYS[i], 0, 8) ~= ARGV[i + 1] then
		return 0
	end
end
local at = n + 2
while at <= #ARGV do
	local length = tonumber(ARGV[at])
	redis.call(unpack(ARGV, at + 1, at + length))
	at = at + length + 1
end
return 1
