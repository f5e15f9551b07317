-- Have calls to a site stand in its line, and call for workers where it has places free.
--
-- KEYS[1]  who has a place, by when it is lost
-- KEYS[2]  who stands in line, by since when
-- KEYS[3]  the workers that were called for and have not come, by when that is given up
-- ARGV     for how many milliseconds a place is kept at the most, and a worker waited for,
--          how many workers there may be, their names, then who stands in line
--
-- Answers how many of these workers are to come. Sent again, it answers the same.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local places, longest, waited = tonumber(ARGV[3]), tonumber(ARGV[1]), tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now)
local stand = { unpack(ARGV, 4 + places) }
for _, entry in ipairs(stand) do
	redis.call('ZADD', KEYS[2], 'NX', string.format('%.0f', now), entry)
end
redis.call('PEXPIRE', KEYS[2], 10 * longest)
for i = 1, places do
	redis.call('ZREM', KEYS[3], ARGV[3 + i])
end
-- Whoever has a place and comes again needs no other: the worker died, or is slow.
local again = 0
for _, entry in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
	if redis.call('ZSCORE', KEYS[2], entry) then
		again = again + 1
	end
end
local free = places - redis.call('ZCARD', KEYS[1]) + again
local wanted = math.min(free, redis.call('ZCARD', KEYS[2])) - redis.call('ZCARD', KEYS[3])
local called = math.max(0, math.min(places, wanted))
for i = 1, called do
	redis.call('ZADD', KEYS[3], string.format('%.0f', now + waited), ARGV[3 + i])
end
redis.call('PEXPIRE', KEYS[3], waited)
return called
