/**
 * What every script begins with: arguments, time, epoch, and what it will write. A step reads all that
 * it touches, decides, and only then writes: a script that fails half-way is not taken back, so nothing
 * may fail after the first write.
 *
 * A hold is a flat list: 1 length of the lease, 2 until when it may begin, 3 how many demands, then nine
 * values for each demand, and at the end when it was taken. It is kept as it was sent. A demand is told
 * as the hold `f` and the place `o` before its values: 1 kind, 2 key, 3 amount, 4 mark, 5 unit, 6 to 8
 * its numbers, 9 lines of a budget. Flat, because a table a demand costs more than all else of a step.
 */

/** Arguments, time and epoch. Every key of a script has the hash tag of the first: one slot. */
export const LUA_BASE = `
local call, floor, ceil, max, min = redis.call, math.floor, math.ceil, math.max, math.min
local pack, unpacked, sub, unpack = cmsgpack.pack, cmsgpack.unpack, string.sub, unpack
local base = sub(KEYS[1], 1, -6)
local now = tonumber(ARGV[1])
local asked = { unpacked(ARGV[2]) }
if now < 0 then
  local time = call('TIME')
  now = tonumber(time[1]) * 1000 + floor(tonumber(time[2]) / 1000)
end
local epoch, pausedMs = '0', 0
local begun = call('GET', KEYS[1])
if begun then epoch, pausedMs = unpacked(begun) end
local mine = base .. epoch .. ':'
-- By id: holds, and when their leases end; what has ended before it began or after its lease, and until
-- when that is remembered.
local held, open, late, lates = mine .. 'held', mine .. 'open', mine .. 'late', mine .. 'lates'
-- Others come with their whole key: they outlive an epoch.
local heads = { c = mine .. 'c:', m = mine .. 'm:' }

-- A hold out of its text, with keys in place of names; and where its last demand is.
local function read(text)
  local f = { unpacked(text) }
  local last = f[3] * 9 - 6
  for o = 3, last, 9 do
    local head = heads[f[o + 1]]
    if head then f[o + 2] = head .. f[o + 2] end
  end
  return f, last
end

-- What will be written, and how long it is needed from now on.
local states, changes, changed, needs = {}, {}, 0, {}
local function change(key, state, needMs)
  if not needs[key] then
    changed = changed + 1
    changes[changed] = key
  end
  states[key], needs[key] = state, needMs
end

-- Members with their ends, by key: what to put in, and what to take out.
local adds, leaves = {}, {}
local function join(into, key, first, second)
  local list = into[key]
  if not list then
    list = {}
    into[key] = list
  end
  list[#list + 1] = first
  if second then list[#list + 1] = second end
end

-- Fields of the two hashes: what to write, and what goes.
local kept, gone, remembered = {}, {}, {}
local function keep(id, text)
  kept[#kept + 1] = id
  kept[#kept + 1] = text
end

local function remember(id, text)
  remembered[#remembered + 1] = id
  remembered[#remembered + 1] = text
  join(adds, lates, now + 3600000, id)
end

-- A hold that was changed, with names again.
local function textOf(f, last)
  local copy = { unpack(f) }
  for o = 3, last, 9 do
    local head = heads[f[o + 1]]
    if head then copy[o + 2] = sub(f[o + 2], #head + 1) end
  end
  return pack(unpack(copy))
end

local function drop(id)
  gone[#gone + 1] = id
  join(leaves, open, id)
end

-- The last value of a state is when its key ends. Moving that on costs as much as writing the state, so
-- it is a minute ahead of what is needed, and is left alone for that long.
local function saveState(key, state, needMs)
  local size = #state
  if state[size] >= now + needMs then
    call('SET', key, pack(unpack(state)), 'KEEPTTL')
  else
    state[size] = now + needMs + 60000
    call('SET', key, pack(unpack(state)), 'PX', needMs + 60000)
  end
end

-- The only place that writes, after everything was read.
local function save()
  for index = 1, changed do
    local key = changes[index]
    saveState(key, states[key], needs[key])
  end
  if #kept > 0 then
    call('HSET', held, unpack(kept))
    call('PEXPIRE', held, '259200000')
  end
  if #remembered > 0 then
    call('HSET', late, unpack(remembered))
    call('PEXPIRE', late, '259200000')
  end
  for key, list in pairs(adds) do
    call('ZADD', key, unpack(list))
    call('PEXPIRE', key, '259200000')
  end
  for key, list in pairs(leaves) do call('ZREM', key, unpack(list)) end
  if #gone > 0 then call('HDEL', held, unpack(gone)) end
end
`;
