-- Takes `amount` calls' worth of ticks from the limit KEYS[1], or leaves them; returns the ticks
-- that were missing before. Arguments: ticks in a nanosecond, ticks of a call, ticks that may be
-- missing, amount; for tests also seconds and microseconds instead of this server's time.
--
-- The state is the instant at which nothing will be missing: whole seconds, ticks beyond them, and
-- ticks in a nanosecond. All numbers stay below 2^53, up to which Lua counts exactly.
local scale, cost = tonumber(ARGV[1]), tonumber(ARGV[2])
local capacity, amount = tonumber(ARGV[3]), tonumber(ARGV[4])
local time = ARGV[5] and { ARGV[5], ARGV[6] } or redis.call('TIME')
local second = 1e9 * scale
local now_seconds, now_ticks = tonumber(time[1]), tonumber(time[2]) * 1e3 * scale

local missing, stepped_back = 0, false
local kept = redis.call('GET', KEYS[1])
if kept then
    local seconds, ticks, kept_scale = string.match(kept, '^(%d+):(%d+):(%d+)$')
    if not seconds then
        return redis.error_reply('the key does not hold a limit')
    end
    -- Another process may still run with another rule.
    local full_ticks = math.floor(tonumber(ticks) * scale / tonumber(kept_scale))
    missing = (tonumber(seconds) - now_seconds) * second + full_ticks - now_ticks
    -- After a step back of the clock the limit is used up, not for as long as the step.
    stepped_back = missing > capacity
    missing = math.max(0, math.min(capacity, missing))
end

local after = missing + cost * amount
if after > capacity then
    after = missing
end
if after > missing or stepped_back then
    local full = now_ticks + after
    local seconds = now_seconds + math.floor(full / second)
    local state = string.format('%.0f:%.0f:%.0f', seconds, full % second, scale)
    -- Then it is as if it had never been used. Ten seconds more cost little, and let calls in
    -- virtual time take longer than they say.
    local lifetime = math.ceil(after / scale / 1e6) + 10000
    redis.call('SET', KEYS[1], state, 'PX', string.format('%.0f', lifetime))
end
return missing
