-- Take what is due, and lend it out: it is due again when the lease is over.
--
-- KEYS[1]  the due index: entries by the time they are due, in milliseconds
-- ARGV     how many at the most, the lease in milliseconds
--
-- Redis's own clock counts, whatever the hosts' clocks say.
-- Answers the time, then of each entry its name and when it was due.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'WITHSCORES', 'LIMIT', 0, ARGV[1])
for i = 1, #due, 2 do
	redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[2]), due[i])
end
table.insert(due, 1, string.format('%.0f', now))
return due
