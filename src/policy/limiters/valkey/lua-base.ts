/**
 * What every script begins with: arguments, time, epoch, and what it will write. A step reads all that
 * it touches, decides, and only then writes: a script that fails half-way is not taken back, so nothing
 * may fail after the first write.
 */

/** Arguments, time and epoch. Every key of a script has the hash tag of the first: one slot. */
export const LUA_BASE = `
local call, floor, ceil, max, min = redis.call, math.floor, math.ceil, math.max, math.min
local pack, unpacked, tonumber, args = cmsgpack.pack, cmsgpack.unpack, tonumber, ARGV
local base = string.sub(KEYS[1], 1, -6)
local position = 0
local function text() position = position + 1 return args[position] end
local function number() position = position + 1 return tonumber(args[position]) end
local now = number()
if now < 0 then
  local time = call('TIME')
  now = tonumber(time[1]) * 1000 + floor(tonumber(time[2]) / 1000)
end
local epoch, pausedMs = '0', 0
local begun = call('GET', KEYS[1])
if begun then epoch, pausedMs = unpacked(begun) end
local mine = base .. epoch .. ':'
local open = mine .. 'open'

local function demands()
  local list = {}
  for index = 1, number() do
    local p = position
    local kind = args[p + 1]
    local key = ((kind == 'm' or kind == 'c') and mine or base) .. kind .. ':' .. args[p + 2]
    list[index] = {
      kind, key, tonumber(args[p + 3]), 0, tonumber(args[p + 4]),
      tonumber(args[p + 5]), tonumber(args[p + 6]), tonumber(args[p + 7]),
    }
    position = p + 7
    if kind == 'm' then
      local lines = {}
      for line = 1, number() do lines[line] = number() end
      list[index][9] = lines
    end
  end
  return list
end

local function amounts()
  local list = {}
  for unit = 1, 7 do list[unit] = number() end
  return list
end

local states, changes, changed, ttls = {}, {}, 0, {}
local function change(key, state, ttl)
  if not ttls[key] then
    changed = changed + 1
    changes[changed] = key
  end
  states[key], ttls[key] = state, ttl
end

-- Members with their ends, by key: what to put in, and what to take out.
local adds, leaves, gone = {}, {}, {}
local function join(into, key, first, second)
  local list = into[key]
  if not list then
    list = {}
    into[key] = list
  end
  list[#list + 1] = first
  if second then list[#list + 1] = second end
end

local function keep(id, list)
  change(mine .. 'r:' .. id, list, 259200000)
end

local function drop(id)
  gone[#gone + 1] = mine .. 'r:' .. id
  join(leaves, open, id)
end

-- The only place that writes, after everything was read.
local function save()
  for index = 1, changed do
    local key = changes[index]
    call('SET', key, pack(states[key]), 'PX', ttls[key])
  end
  for key, list in pairs(adds) do
    call('ZADD', key, unpack(list))
    call('PEXPIRE', key, 259200000)
  end
  for key, list in pairs(leaves) do call('ZREM', key, unpack(list)) end
  if #gone > 0 then call('DEL', unpack(gone)) end
end
`;
