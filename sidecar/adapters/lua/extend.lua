-- Lend a claimed entry for longer, unless somebody has moved or removed it since.
--
-- KEYS[1]  the due index
-- ARGV     the entry, the time at which its lease now ends, the time at which it shall end
local score = redis.call('ZSCORE', KEYS[1], ARGV[1])
if score and tonumber(score) == tonumber(ARGV[2]) then
	redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
	return 1
end
return 0
