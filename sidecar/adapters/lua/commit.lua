-- Write everything, or nothing where a value is no longer the one that was read.
--
-- KEYS[1]     the counts
-- KEYS[2]     how many messages the site has sent within this minute
-- KEYS[3..n]  the values that were read
-- ARGV        how many messages it may send ('' where this is none),
--             of each value its tag (the first nine bytes; '' where there was no value),
--             then one command after another, each as its length, its name and its arguments
--
-- What is damaged must not leave a change half-written: a key of another kind is put aside under
-- another name, a count that is no number begins again, and both are counted.
--
-- Answers 1 when written, 0 when not, -1 when it was one message too many.
local function is_of_another_kind(answer)
	return type(answer) == 'table' and answer.err and string.find(answer.err, 'WRONGTYPE', 1, true)
end

local function put_aside(key)
	redis.call('RENAME', key, key .. ':put-aside')
	redis.pcall('HINCRBY', KEYS[1], 'not_understood:key', 1)
end

local function perform(command)
	local answer = redis.pcall(unpack(command))
	if type(answer) ~= 'table' or not answer.err then
		return
	end
	if is_of_another_kind(answer) then
		put_aside(command[2])
	elseif command[1] == 'HINCRBY' and string.find(answer.err, 'not an integer', 1, true) then
		redis.call('HDEL', command[2], command[3])
		redis.pcall('HINCRBY', KEYS[1], 'not_understood:count', 1)
	else
		return answer
	end
	redis.call(unpack(command))
end

local function messages_sent()
	local sent = redis.pcall('INCR', KEYS[2])
	if type(sent) ~= 'number' then
		put_aside(KEYS[2])
		sent = redis.call('INCR', KEYS[2])
	end
	if sent == 1 then
		redis.call('EXPIRE', KEYS[2], 60)
	end
	return sent
end

for i = 3, #KEYS do
	local tag = redis.pcall('GETRANGE', KEYS[i], 0, 8)
	if is_of_another_kind(tag) then
		put_aside(KEYS[i])
		tag = ''
	end
	if tag ~= ARGV[i - 1] then
		return 0
	end
end
if ARGV[1] ~= '' and messages_sent() > tonumber(ARGV[1]) then
	return -1
end
local at = #KEYS
while at <= #ARGV do
	local length = tonumber(ARGV[at])
	local refused = perform({ unpack(ARGV, at + 1, at + length) })
	if refused then
		return refused
	end
	at = at + length + 1
end
return 1
