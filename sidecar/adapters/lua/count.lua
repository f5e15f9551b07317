-- Count one more, and only one however often this is sent.
--
-- KEYS[1]  the counts
-- KEYS[2]  there for as long as this may be sent again
-- ARGV     which count, for how many milliseconds
if redis.call('SET', KEYS[2], '', 'NX', 'PX', ARGV[2]) then
	redis.call('HINCRBY', KEYS[1], ARGV[1], 1)
end
