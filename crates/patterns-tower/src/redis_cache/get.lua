-- The value, or a lease for the first who misses. KEYS: value, lease. ARGV: token, lease in ms.
local value = redis.call('GET', KEYS[1])
if value then
  return value
end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2], 'NX')
return false
