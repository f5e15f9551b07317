-- Have a lent entry be due at another time, unless somebody has had it be due sooner since.
--
-- KEYS[1]  the due index
-- ARGV     the entry, until when it was lent at the least, when it shall be due
local score = redis.call('ZSCORE', KEYS[1], ARGV[1])
if score and tonumber(score) >= tonumber(ARGV[2]) then
	redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
end
