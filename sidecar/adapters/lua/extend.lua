-- Lend claimed entries for longer, unless somebody has moved or removed one since.
--
-- KEYS[1]  the due index
-- ARGV     the time at which their lease now ends, the time at which it shall end, the entries
for i = 3, #ARGV do
	local score = redis.call('ZSCORE', KEYS[1], ARGV[i])
	if score and tonumber(score) == tonumber(ARGV[1]) then
		redis.call('ZADD', KEYS[1], ARGV[2], ARGV[i])
	end
end
