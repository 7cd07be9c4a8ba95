/**
 * The counters in Lua, line for line what `token-bucket.ts`, `sliding-window.ts` and `budget-scope.ts`
 * say.
 *
 * A demand is a table: 1 kind, 2 key, 3 amount, 4 mark, 5 unit, 6 to 8 its numbers, 9 lines of a budget.
 * Numbers are doubles, exact to 2^53; they are kept as MessagePack, since Lua prints only 14 digits.
 */
import { LUA_BASE } from './lua-base.ts';

/** Token buckets: 1 debt, 2 when, 3 points of a unit. */
const LUA_BUCKETS = `
local function bucketOf(d)
  local state = states[d[2]]
  if state then return state end
  local kept = call('GET', d[2])
  state = kept and unpacked(kept) or { 0, now, d[7] }
  states[d[2]] = state
  return state
end

local function debtAt(state, d)
  local own = state[1]
  if state[3] ~= d[7] then own = ceil(own / state[3]) * d[7] end
  return max(0, own - max(0, now - state[2]) * d[8])
end

local function draw(d, amount)
  local state = bucketOf(d)
  state[1] = max(0, debtAt(state, d) + amount * d[7])
  state[2] = max(state[2], now)
  state[3] = d[7]
  change(d[2], state, ceil(state[1] / d[8]) + 60000)
end

local function refusedBucket(d)
  if d[3] * d[7] > d[6] then return { -1, 0 } end
  local debt = debtAt(bucketOf(d), d)
  local over = debt + d[3] * d[7] - d[6]
  if over <= 0 then return nil end
  return { max(1, ceil(over / d[8])), 1 }
end

local function leftInBucket(d)
  local debt = debtAt(bucketOf(d), d)
  return max(0, floor((d[6] - debt) / d[7])), ceil(debt / d[8])
end
`;

/** Sliding windows: 1 slice, 2 its length, 3 used, then the counts of 17 slices. */
const LUA_WINDOWS = `
local function emptyWindow(sliceMs)
  return { floor(now / sliceMs), sliceMs, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
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

local function windowOf(d)
  local state = states[d[2]]
  if state then return state end
  local kept = call('GET', d[2])
  state = kept and unpacked(kept) or emptyWindow(d[7])
  slide(state)
  states[d[2]] = state
  return state
end

local function count(state, amount)
  local at = 4 + state[1] % 17
  state[at] = state[at] + amount
  state[3] = state[3] + amount
end

local function changedWindow(d)
  local state = windowOf(d)
  if state[2] ~= d[7] then
    local fresh = emptyWindow(d[7])
    count(fresh, state[3])
    state = fresh
    states[d[2]] = state
  end
  change(d[2], state, 17 * d[7] + 60000)
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

local function closeWindow(d, used)
  local state = changedWindow(d)
  if used > d[3] then return count(state, used - d[3]) end
  local slice, amount = d[4], d[3] - used
  if slice > state[1] or slice <= state[1] - 17 then return end
  local at = 4 + slice % 17
  local given = min(amount, state[at])
  state[at] = state[at] - given
  state[3] = state[3] - given
end

local function refusedWindow(d)
  if d[3] > d[6] then return { -1, 0 } end
  local state = windowOf(d)
  if state[3] + d[3] <= d[6] then return nil end
  return { slideMs(state, d[3], d[6]), 1 }
end

local function leftInWindow(d)
  local state = windowOf(d)
  return max(0, d[6] - state[3]), state[3] == 0 and 0 or slideMs(state, d[6], d[6])
end
`;

/**
 * Calls at once: members with an end. Each is freed by the step that ends its call; one whose call the
 * store has lost goes a minute after its end.
 */
const LUA_SLOTS = `
local function slotsOf(d)
  local state = states[d[2]]
  if state then return state end
  state = { call('ZCARD', d[2]) }
  states[d[2]] = state
  return state
end

local function refusedSlot(d)
  local state = slotsOf(d)
  if state[1] < d[6] then return nil end
  state[1] = state[1] - call('ZREMRANGEBYSCORE', d[2], '-inf', now - 60000)
  if state[1] < d[6] then return nil end
  return { 1000, 0 }
end

local function leftInSlots(d)
  return max(0, d[6] - slotsOf(d)[1]), 0
end
`;

/** Budgets: 1 spent, 2 held, 3 carried, 4 lines told, 5 seeded, 6 end, 7 fence, 8 ending. */
const LUA_MONEY = `
local function moneyOf(d)
  local state = states[d[2]]
  if state then return state end
  local kept = call('GET', d[2])
  state = kept and unpacked(kept) or { 0, 0, 0, 0, 0, d[8], 0, 0 }
  states[d[2]] = state
  return state
end

local function changedMoney(d)
  local state = moneyOf(d)
  change(d[2], state, 172800000)
  return state
end

local function refusedMoney(d)
  local state = moneyOf(d)
  local over = state[1] + state[2] + d[3] - d[6] - state[3]
  if d[7] == 0 or over <= 0 then return nil end
  local fitsEver = d[3] <= d[6] + state[3]
  return { fitsEver and max(1, d[8] - now) or -1, 1 }
end

local function leftInMoney(d)
  local state = moneyOf(d)
  return max(0, d[6] + state[3] - state[1] - state[2]), max(1, d[8] - now)
end

local function crossed(d, index, into)
  local state, line = moneyOf(d), nil
  while d[9][state[4] + 1] and state[1] >= d[9][state[4] + 1] do
    state[4] = state[4] + 1
    line = d[9][state[4]]
  end
  if not line then return end
  into[#into + 1] = index
  into[#into + 1] = line
  into[#into + 1] = state[1]
end
`;

/** What a step does with a demand of any kind. */
const LUA_STEPS = `
local refusals = { b = refusedBucket, w = refusedWindow, c = refusedSlot, m = refusedMoney }
local lefts = { b = leftInBucket, w = leftInWindow, c = leftInSlots, m = leftInMoney }

local function refusal(list)
  local unseeded
  for index = 1, #list do
    local d, isUnseeded = list[index], false
    if d[1] == 'm' then
      if not begun or now < pausedMs then return { 4, max(1, pausedMs - now) } end
      local state = moneyOf(d)
      if state[8] > 0 then return { 4, 50 } end
      isUnseeded = state[5] == 0
    end
    if isUnseeded then
      if not unseeded then
        unseeded = { 3, epoch .. ':' .. (call('GET', mine .. 'fence') or '0') }
      end
      unseeded[#unseeded + 1] = index
    else
      local refused = refusals[d[1]](d)
      if refused then
        if refused[2] == 0 then return { 2, index, refused[1] } end
        return { 2, index, refused[1], lefts[d[1]](d) }
      end
    end
  end
  return unseeded
end

local function take(list, id, endMs)
  local answer = { 1 }
  for index = 1, #list do
    local d = list[index]
    local kind = d[1]
    if kind == 'b' then draw(d, d[3])
    elseif kind == 'w' then
      local state = changedWindow(d)
      count(state, d[3])
      d[4] = state[1]
    elseif kind == 'c' then
      local state = slotsOf(d)
      state[1] = state[1] + 1
      join(adds, d[2], endMs, id)
    else
      local state = changedMoney(d)
      state[2] = state[2] + d[3]
    end
    answer[index * 2], answer[index * 2 + 1] = lefts[kind](d)
  end
  return answer
end

local function close(d, id, used)
  local kind = d[1]
  if kind == 'b' then
    if used ~= d[3] then draw(d, used - d[3]) end
  elseif kind == 'w' then closeWindow(d, used)
  elseif kind == 'c' then
    local state = slotsOf(d)
    state[1] = state[1] - 1
    join(leaves, d[2], id)
  else
    local state = changedMoney(d)
    state[2] = max(0, state[2] - d[3])
    state[1] = state[1] + used
    if d[4] == 1 then state[8] = max(0, state[8] - 1) end
  end
end
`;

export const LUA_COUNTERS = [
  LUA_BASE,
  LUA_BUCKETS,
  LUA_WINDOWS,
  LUA_SLOTS,
  LUA_MONEY,
  LUA_STEPS,
].join('');
