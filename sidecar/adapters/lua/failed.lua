-- Note a call that failed, and count it once however often this is sent.
--
-- KEYS[1]  the notes of the site
-- ARGV     when it failed, and why
--
-- Answers how many have failed since the last that did not.
if redis.call('HGET', KEYS[1], 'failed_at') ~= ARGV[1] then
	redis.call('HSET', KEYS[1], 'failed_at', ARGV[1], 'fault', ARGV[2])
	redis.call('HSETNX', KEYS[1], 'failing_since', ARGV[1])
	redis.call('HINCRBY', KEYS[1], 'failures', 1)
end
return redis.call('HGET', KEYS[1], 'failures')
