-- Put jobs into the queue, made anew: one may have vanished, or be corrupt.
--
-- KEYS[1]     the queue
-- KEYS[2]     the names of all queues
-- KEYS[3]     the jobs that are shown as delayed
-- KEYS[4..n]  the jobs
-- ARGV        how many fields all jobs have alike, and these with their values; the jobs' ids;
--             their descriptions; their data
local alike, jobs = 2 * ARGV[1], #KEYS - 3
redis.call('DEL', unpack(KEYS, 4))
local first = alike + 2
for i = 0, jobs - 1 do
	local description, data = ARGV[first + jobs + i], ARGV[first + 2 * jobs + i]
	redis.call('HSET', KEYS[4 + i], 'description', description, 'data', data, unpack(ARGV, 2, alike + 1))
end
redis.call('SADD', KEYS[2], KEYS[1])
redis.call('RPUSH', KEYS[1], unpack(ARGV, first, first + jobs - 1))
redis.call('ZREM', KEYS[3], unpack(ARGV, first, first + jobs - 1))
