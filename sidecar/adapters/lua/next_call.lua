-- Take the first job of a queue where it calls a worker to a site, and drop it.
--
-- KEYS[1]  the queue
-- ARGV     what the ids of such jobs begin with, what the keys of jobs begin with
--
-- Answers the job's id, '' where the first is another.
local first = redis.call('LINDEX', KEYS[1], 0)
if not first or string.sub(first, 1, #ARGV[1]) ~= ARGV[1] then
	return ''
end
redis.call('LPOP', KEYS[1])
redis.call('DEL', ARGV[2] .. first)
return first
