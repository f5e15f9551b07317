-- Puts copies of one session into the store, each with keys and entries of its own.
--
-- KEYS[1]  the session that is copied
-- KEYS[2]  the list of one person
-- KEYS[3]  the list of sessions
-- KEYS[4]  the due index
-- ARGV     the id that is copied, the number of the first copy, how many, when the last of them
--          was seen (ms), and the member of the due index
local value = redis.call('GET', KEYS[1])
local first, many, seen = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
for number = first, first + many - 1 do
	-- As long as the id that it stands for.
	local id = string.format('%032x', number)
	redis.call('SET', (string.gsub(KEYS[1], ARGV[1], id, 1)), value)
	redis.call('ZADD', string.sub(KEYS[2], 1, -33) .. id, seen - number, id)
	redis.call('ZADD', KEYS[3], seen - number, id)
	redis.call('ZADD', KEYS[4], seen + 1e9 + number, (string.gsub(ARGV[5], ARGV[1], id, 1)))
end
return many
