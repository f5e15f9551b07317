-- Take one of a site's few places for a call, or stand in line for one.
--
-- KEYS[1]  who has a place, by when it is lost
-- KEYS[2]  who stands in line, by since when
-- ARGV     who, how many places there are, for how many milliseconds one is kept at the most
--
-- Answers 1 with a place, 2 with that of another run of the same call, 0 in line.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local is_there = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not is_there and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then
	redis.call('ZADD', KEYS[2], 'NX', string.format('%.0f', now), ARGV[1])
	redis.call('PEXPIRE', KEYS[2], 10 * ARGV[3])
	return 0
end
redis.call('ZREM', KEYS[2], ARGV[1])
if is_there then
	return 2
end
redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[3]), ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
