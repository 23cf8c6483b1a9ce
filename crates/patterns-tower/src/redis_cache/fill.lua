-- Keeps what was loaded, if the lease still stands. KEYS: value, lease. ARGV: token, value, ms.
if redis.call('GET', KEYS[2]) ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('DEL', KEYS[2])
return 1
