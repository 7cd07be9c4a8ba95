/**
 * The counters in Lua, line for line what `token-bucket.ts`, `sliding-window.ts` and `budget-scope.ts`
 * say. `f` and `o`: a demand, as `lua-base.ts` tells it.
 *
 * Numbers are doubles, exact to 2^53; they are kept as MessagePack, since Lua prints only 14 digits.
 */
/** Token buckets: 1 debt, 2 when, 3 points of a unit, 4 lent, 5 until when, 6 end. What is read is what it is now. */
const LUA_BUCKETS = `
-- Of another rate than it was written by: whole units of it stay what they were.
local function inPoints(state, points)
  if state[3] ~= points then state[1], state[3] = ceil(state[1] / state[3]) * points, points end
end

local function bucketOf(f, o)
  local key = f[o + 2]
  local state = states[key]
  if state then return state end
  local text = call('GET', key)
  if not text then
    state = { 0, now, f[o + 7], 0, 0, 0 }
  else
    state = { unpacked(text) }
    -- As it was written before there were loans.
    if #state == 4 then state[4], state[5], state[6] = 0, 0, state[4] end
    local passedMs = now - state[2]
    if passedMs > 0 then
      inPoints(state, f[o + 7])
      local debt = state[1] - passedMs * f[o + 8]
      state[1], state[2] = debt > 0 and debt or 0, now
    end
    -- A store that has lost the loan takes it for drawn.
    if state[4] > 0 and now >= state[5] then
      state[1], state[4] = state[1] + state[4] * state[3], 0
    end
  end
  states[key] = state
  return state
end

local function owed(state) return state[1] + state[4] * state[3] end

local function draw(f, o, amount)
  local state, points = bucketOf(f, o), f[o + 7]
  if state[3] ~= points then inPoints(state, points) end
  local debt = state[1] + amount * points
  if debt < 0 then debt = 0 end
  state[1] = debt
  debt = owed(state)
  local emptyMs = ceil(debt / f[o + 8])
  change(f[o + 2], state, state[4] > 0 and max(emptyMs, state[5] - now) or emptyMs)
  return debt, emptyMs
end

-- On loan: it does not run off, and is drawn when it is over.
local function lend(f, o, endMs)
  local state = bucketOf(f, o)
  state[4], state[5] = state[4] + f[o + 3], max(state[5], endMs)
  return draw(f, o, 0)
end

local function closeBucket(f, o, used)
  if f[o + 4] == 1 then
    local state = bucketOf(f, o)
    state[4] = max(0, state[4] - f[o + 3])
    draw(f, o, used)
  elseif used ~= f[o + 3] then draw(f, o, used - f[o + 3]) end
end

local function refusedBucket(f, o)
  local points = f[o + 7]
  local own = f[o + 3] * points
  if own > f[o + 6] then return { -1, 0 } end
  local state = bucketOf(f, o)
  if state[3] ~= points then inPoints(state, points) end
  local over = owed(state) + own - f[o + 6]
  if over <= 0 then return nil end
  return { max(1, ceil(over / f[o + 8])), 1 }
end

local function left(f, o, debt)
  local units = floor((f[o + 6] - debt) / f[o + 7])
  return units > 0 and units or 0
end

local function leftInBucket(f, o)
  local state = bucketOf(f, o)
  if state[3] ~= f[o + 7] then inPoints(state, f[o + 7]) end
  local debt = owed(state)
  return left(f, o, debt), ceil(debt / f[o + 8])
end
`;

/** Sliding windows: 1 slice, 2 its length, 3 used, then the counts of 17 slices, and its end. */
const LUA_WINDOWS = `
local function emptyWindow(sliceMs)
  return { floor(now / sliceMs), sliceMs, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
end

local function slide(state)
  local slice = floor(now / state[2])
  local passed = min(17, slice - state[1])
  for step = 1, passed do
    local at = 4 + (state[1] + step) % 17
    state[3] = state[3] - state[at]
    state[at] = 0
  end
  if passed > 0 then state[1] = slice end
end

local function windowOf(f, o)
  local key = f[o + 2]
  local state = states[key]
  if state then return state end
  local text = call('GET', key)
  state = text and { unpacked(text) } or emptyWindow(f[o + 7])
  slide(state)
  states[key] = state
  return state
end

local function count(state, amount)
  local at = 4 + state[1] % 17
  state[at] = state[at] + amount
  state[3] = state[3] + amount
end

local function changedWindow(f, o)
  local state, sliceMs = windowOf(f, o), f[o + 7]
  if state[2] ~= sliceMs then
    local fresh = emptyWindow(sliceMs)
    count(fresh, state[3])
    fresh[21] = state[21]
    state = fresh
  end
  change(f[o + 2], state, 17 * sliceMs)
  return state
end

local function slideMs(state, amount, limit)
  local excess = state[3] + amount - limit
  for age = 16, 0, -1 do
    if excess <= 0 then break end
    local slice = state[1] - age
    if slice >= 0 then
      excess = excess - state[4 + slice % 17]
      if excess <= 0 then return max(1, (slice + 17) * state[2] - now) end
    end
  end
  return state[2]
end

-- Until all of it has left: the newest slice that has something.
local function emptyMs(state)
  for slice = state[1], max(0, state[1] - 16), -1 do
    if state[4 + slice % 17] > 0 then return max(1, (slice + 17) * state[2] - now) end
  end
  return state[2]
end

-- What was not used leaves the slice that it was counted in, as far as that is still there.
local function closeWindow(f, o, used)
  local state = changedWindow(f, o)
  local amount = f[o + 3] - used
  if amount < 0 then return count(state, -amount) end
  local slice = floor(f[#f] / f[o + 7])
  if slice > state[1] or slice <= state[1] - 17 then return end
  local at = 4 + slice % 17
  local given = min(amount, state[at])
  state[at] = state[at] - given
  state[3] = state[3] - given
end

local function refusedWindow(f, o)
  local amount, limit = f[o + 3], f[o + 6]
  if amount > limit then return { -1, 0 } end
  local state = windowOf(f, o)
  if state[3] + amount <= limit then return nil end
  return { slideMs(state, amount, limit), 1 }
end

local function leftInWindow(f, o)
  local state = windowOf(f, o)
  return max(0, f[o + 6] - state[3]), state[3] == 0 and 0 or emptyMs(state)
end
`;

/**
 * Calls at once: members with an end. Each is freed by the step that ends its call; one whose call the
 * store has lost goes a minute after its end.
 */
const LUA_SLOTS = `
local function slotsOf(f, o)
  local key = f[o + 2]
  local state = states[key]
  if state then return state end
  state = { call('ZCARD', key) }
  states[key] = state
  return state
end

-- Of a loan of several slots each has a name of its own.
local function slotName(id, slot) return slot == 0 and id or id .. '#' .. slot end

local function takeSlots(f, o, id, endMs)
  local state = slotsOf(f, o)
  state[1] = state[1] + f[o + 3]
  for slot = 0, f[o + 3] - 1 do join(adds, f[o + 2], endMs, slotName(id, slot)) end
end

local function freeSlots(f, o, id, from)
  local state = slotsOf(f, o)
  state[1] = state[1] - max(0, f[o + 3] - from)
  for slot = from, f[o + 3] - 1 do join(leaves, f[o + 2], slotName(id, slot)) end
end

local function refusedSlot(f, o)
  local state, most = slotsOf(f, o), f[o + 6] - f[o + 3]
  if state[1] <= most then return nil end
  state[1] = state[1] - call('ZREMRANGEBYSCORE', f[o + 2], '-inf', now - 60000)
  if state[1] <= most then return nil end
  return { 1000, 0 }
end

local function leftInSlots(f, o)
  return max(0, f[o + 6] - slotsOf(f, o)[1]), 0
end
`;

/** Budgets: 1 spent, 2 held, 3 carried, 4 lines told, 5 seeded, 6 end of its period, 7 fence, 8 ending, 9 end. */
const LUA_MONEY = `
local function moneyOf(f, o)
  local key = f[o + 2]
  local state = states[key]
  if state then return state end
  local text = call('GET', key)
  state = text and { unpacked(text) } or { 0, 0, 0, 0, 0, f[o + 8], 0, 0, 0 }
  states[key] = state
  return state
end

local function changedMoney(f, o)
  local state = moneyOf(f, o)
  change(f[o + 2], state, 172800000)
  return state
end

local function refusedMoney(f, o)
  local state = moneyOf(f, o)
  local over = state[1] + state[2] + f[o + 3] - f[o + 6] - state[3]
  if f[o + 7] == 0 or over <= 0 then return nil end
  local fitsEver = f[o + 3] <= f[o + 6] + state[3]
  return { fitsEver and max(1, f[o + 8] - now) or -1, 1 }
end

local function leftInMoney(f, o)
  local state = moneyOf(f, o)
  return max(0, f[o + 6] + state[3] - state[1] - state[2]), max(1, f[o + 8] - now)
end

local function crossed(f, o, into)
  if f[o + 9] == '' then return end
  local state, lines = moneyOf(f, o), { unpacked(f[o + 9]) }
  while lines[state[4] + 1] and state[1] >= lines[state[4] + 1] do
    state[4] = state[4] + 1
    into[#into + 1] = (o + 6) / 9
    into[#into + 1] = lines[state[4]]
    into[#into + 1] = state[1]
  end
end
`;

export const LUA_COUNTERS = [LUA_BUCKETS, LUA_WINDOWS, LUA_SLOTS, LUA_MONEY].join('');
