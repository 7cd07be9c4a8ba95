/**
 * The steps of a counter store as Lua scripts. Each is one call; a server runs it alone and whole.
 *
 * `#!lua`: a replica, a server without memory and one that has too few replicas refuse the whole script
 * before its first line. What only gives back may run where memory is short.
 */
import { LUA_BASE } from './lua-base.ts';
import { LUA_COUNTERS } from './lua-counters.ts';

export interface Script {
  readonly name: string;
  readonly text: string;
}

const script = (name: string, body: string, flags = ''): Script => ({
  name,
  text: `#!lua${flags === '' ? '' : ` flags=${flags}`}\n${LUA_COUNTERS}${body}`,
});

/** Several calls, one after the other: each sees what those before it took. */
export const RESERVE = script(
  'reserve',
  `
local begunHere = {}
-- A command that was late: whoever sent it has given up, and said so, or it was sent twice.
local function isLate(id, notAfterMs)
  if id == '' then return false end
  if begunHere[id] or (notAfterMs > 0 and now > notAfterMs) then return true end
  return call('EXISTS', mine .. 'r:' .. id, mine .. 'l:' .. id) > 0
end

local answers = {}
for step = 1, number() do
  local id, leaseMs, notAfterMs = text(), number(), number()
  local list = demands()
  local answer = isLate(id, notAfterMs) and { 4, 1000 } or refusal(list)
  if not answer then
    answer = take(list, id, now + leaseMs)
    if id ~= '' then
      begunHere[id] = true
      join(adds, open, now + leaseMs, id)
      keep(id, list)
    end
  end
  answers[step] = answer
end
save()
return answers`,
);

export const RAISE = script(
  'raise',
  `
local id = text()
local more = demands()
local kept = call('GET', mine .. 'r:' .. id)
if not kept then return { 4, 1000 } end
local refused = refusal(more)
if refused then return refused end
local list = unpacked(kept)
for _, d in ipairs(list) do
  for _, added in ipairs(more) do
    if added[2] == d[2] then d[3] = d[3] + added[3] break end
  end
end
local answer = take(more, id, tonumber(call('ZSCORE', open, id)) or now)
keep(id, list)
save()
return answer`,
);

export const EXTEND = script(
  'extend',
  `
local id, leaseMs = text(), number()
local kept = call('GET', mine .. 'r:' .. id)
if not kept then return 0 end
local list = unpacked(kept)
for _, d in ipairs(list) do
  if d[1] == 'c' then join(adds, d[2], now + leaseMs, id) end
end
join(adds, open, now + leaseMs, id)
keep(id, list)
save()
return 1`,
);

/**
 * Several ends, one after the other. While the ledger has not spoken of a budget in this epoch, an end
 * waits: `2`. Whoever ends the call brings it to the ledger and tells again (`isKnown`); the ledger's
 * word then has it, and no word that was asked for before counts any more.
 */
export const SETTLE = script(
  'settle',
  `
local fence, done = nil, {}

local function corrected(id, used)
  local late = call('GET', mine .. 'l:' .. id)
  local answer = { 0 }
  -- What ended before it began is not begun any more.
  change(mine .. 'l:' .. id, {}, 3600000)
  if not late then return answer end
  for _, one in ipairs(unpacked(late)) do
    local d = one[2]
    if moneyOf(d)[5] == 1 then
      local state = changedMoney(d)
      state[1] = max(0, state[1] + used[d[5]] - one[3])
      crossed(d, one[1], answer)
    end
  end
  return answer
end

local function waits(list, isKnown)
  local isUnseeded = false
  for index = 1, #list do
    local d = list[index]
    if d[1] == 'm' and moneyOf(d)[5] == 0 then
      isUnseeded = true
      if isKnown == 0 and d[4] == 0 then
        d[4] = 1
        local state = changedMoney(d)
        state[8] = state[8] + 1
      end
    end
  end
  if isUnseeded and not fence then fence = tonumber(call('GET', mine .. 'fence') or '0') + 1 end
  return isUnseeded and isKnown == 0
end

local function settled(id, isKnown, used)
  if done[id] then return { 0 } end
  local kept = call('GET', mine .. 'r:' .. id)
  if not kept then
    done[id] = true
    return corrected(id, used)
  end
  local list = unpacked(kept)
  if waits(list, isKnown) then
    keep(id, list)
    return { 2 }
  end
  done[id] = true
  local answer = { 1 }
  for index = 1, #list do
    local d = list[index]
    if d[1] ~= 'm' then close(d, id, used[d[5]])
    elseif moneyOf(d)[5] == 1 then
      close(d, id, used[d[5]])
      crossed(d, index, answer)
    else
      close(d, id, 0)
      moneyOf(d)[7] = fence
    end
  end
  drop(id)
  return answer
end

local answers = {}
for step = 1, number() do
  local id, isKnown = text(), number()
  answers[step] = settled(id, isKnown, amounts())
end
save()
if fence then call('SET', mine .. 'fence', fence, 'PX', 259200000) end
return answers`,
  'allow-oom',
);

export const SEED = script(
  'seed',
  `
local asked, fence = text(), number()
if not begun or asked ~= epoch then return 0 end
local done = 0
for _ = 1, number() do
  local spent, carried = number(), number()
  local d = demands()[1]
  local state = moneyOf(d)
  if state[5] == 0 and state[8] == 0 and fence >= state[7] then
    state = changedMoney(d)
    state[1] = state[1] + spent
    state[3] = carried
    state[5] = 1
    while d[9][state[4] + 1] and d[9][state[4] + 1] <= spent do state[4] = state[4] + 1 end
    done = done + 1
  end
end
save()
return done`,
);

/** A hold is told once, however often: whoever got no answer tells it again. */
export const RESTORE = script(
  'restore',
  `
local id, leaseMs = text(), number()
local list = demands()
local told = mine .. 'o:' .. id
if call('EXISTS', mine .. 'r:' .. id, told) > 0 then return 0 end
change(told, 1, 3600000)
take(list, id, now + leaseMs)
join(adds, open, now + leaseMs, id)
keep(id, list)
save()
return 1`,
);

/** Whoever holds it is gone, or cut off: charged is all that it held. */
export const SWEEP = script(
  'sweep',
  `
local ids = call('ZRANGE', open, '-inf', now, 'BYSCORE', 'LIMIT', 0, number())
for _, id in ipairs(ids) do
  local kept = call('GET', mine .. 'r:' .. id)
  local list = kept and unpacked(kept) or {}
  local late = {}
  for index, d in ipairs(list) do
    close(d, id, d[3])
    if d[1] == 'm' then late[#late + 1] = { index, d, d[3] } end
  end
  if #late > 0 then change(mine .. 'l:' .. id, late, 3600000) end
  drop(id)
end
save()
return #ids`,
  'allow-oom',
);

/**
 * One instance says that it is there. The first that finds no epoch, or another server than the one
 * that the epoch began on, begins a new one: what was held and spent before counts no more.
 */
export const BEAT: Script = {
  name: 'beat',
  text: `#!lua
${LUA_BASE}
local instance, aliveMs, server = text(), number(), text()
local fresh, pauseMs = text(), number()
local known = nil
if begun then
  local _, _, on = unpacked(begun)
  known = on
end
if not begun or known ~= server then
  epoch, pausedMs = fresh, now + pauseMs
  call('SET', KEYS[1], pack(epoch, pausedMs, server))
end
call('PEXPIRE', KEYS[1], 3456000000)
call('PEXPIRE', base .. epoch .. ':open', 259200000)
local members = base .. 'instances'
if aliveMs == 0 then call('ZREM', members, instance)
else call('ZADD', members, now + aliveMs, instance) end
call('ZREMRANGEBYSCORE', members, '-inf', now)
call('PEXPIRE', members, 3600000)
return { epoch, max(0, pausedMs - now), call('ZCARD', members), now }`,
};
