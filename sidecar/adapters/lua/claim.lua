-- Take what is due, and lend it out: it is due again when the lease is over.
--
-- KEYS[1]  the due index: entries by the time they are due, in milliseconds
-- KEYS[2]  recoveries whose due time changed
-- ARGV     how many of each at the most, the lease in milliseconds
--
-- Redis's own clock counts, whatever the hosts' clocks say.
-- Answers the time, the names of what is due, those of what changed, and for how many milliseconds
-- nothing else is due, which is the lease at the most.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
for i = 1, #due do
	redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[2]), due[i])
end
local rest = tonumber(ARGV[2])
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
if first[2] then
	rest = math.max(0, math.min(rest, first[2] - now))
end
return { string.format('%.0f', now), due, redis.call('SRANDMEMBER', KEYS[2], ARGV[1]), rest }
