-- Give a place for a call to a site back, and take one for who stands first in its line.
--
-- KEYS[1]  who has a place, by when it is lost
-- KEYS[2]  who stands in line, by since when
-- KEYS[3]  the workers that were called for and have not come
-- KEYS[4]  what this answers, for as long as it may be sent again
-- ARGV     how many places there are, for how many milliseconds one is kept at the most,
--          which worker has come ('' for none), who gives a place back ('' for nobody),
--          for how many milliseconds this may be sent again
--
-- Answers '+' and who has a free place now, '=' and who had one already, or '' for nobody.
local answered = redis.call('GET', KEYS[4])
if answered then
	return answered
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZREM', KEYS[3], ARGV[3])
redis.call('ZREM', KEYS[1], ARGV[4])
local answer = ''
local held = redis.call('ZRANGE', KEYS[1], 0, -1)
for _, entry in ipairs(held) do
	if answer == '' and redis.call('ZREM', KEYS[2], entry) == 1 then
		answer = '=' .. entry
	end
end
if answer == '' and #held < tonumber(ARGV[1]) then
	local first = redis.call('ZPOPMIN', KEYS[2])[1]
	if first then
		redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[2]), first)
		redis.call('PEXPIRE', KEYS[1], ARGV[2])
		answer = '+' .. first
	end
end
if answer ~= '' then
	redis.call('SET', KEYS[4], answer, 'PX', ARGV[5])
end
return answer
