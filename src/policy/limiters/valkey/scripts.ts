/**
 * The steps of a counter store as Lua scripts. Each is one call; a server runs it alone and whole.
 *
 * `#!lua`: a replica, a server without memory and one that has too few replicas refuse the whole script
 * before its first line. What only gives back may run where memory is short.
 */
import { LUA_BASE } from './lua-base.ts';
import { LUA_COUNTERS } from './lua-counters.ts';
import { LUA_STEPS } from './lua-steps.ts';

export interface Script {
  readonly name: string;
  readonly text: string;
}

const script = (name: string, body: string, flags = ''): Script => ({
  name,
  text: `#!lua${flags === '' ? '' : ` flags=${flags}`}\n${LUA_BASE}${LUA_COUNTERS}${LUA_STEPS}${body}`,
});

/** Several calls, one after the other: each sees what those before it took. */
export const RESERVE = script(
  'reserve',
  `
local ids, begunHere = {}, {}
for step = 1, #asked / 2 do ids[step] = asked[step * 2 - 1] end
local holds, ends = call('HMGET', held, unpack(ids)), call('HMGET', late, unpack(ids))
-- A command that was late: whoever sent it has given up, and said so, or it was sent twice.
local function isLate(step, id, notAfterMs)
  if id == '' then return false end
  if begunHere[id] or holds[step] or ends[step] then return true end
  return notAfterMs > 0 and now > notAfterMs
end

local answers, takenAt = {}, pack(now)
for step = 1, #ids do
  local id, text = ids[step], asked[step * 2]
  local f, last = read(text)
  local answer = isLate(step, id, f[2]) and { 4, 1000 } or refusal(f, last)
  if not answer then
    local endMs = now + f[1]
    answer = take(f, last, id, endMs)
    if id ~= '' then
      begunHere[id] = true
      join(adds, open, endMs, id)
      keep(id, text .. takenAt)
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
local id = asked[1]
local more, lastMore = read(asked[2])
local text = call('HGET', held, id)
if not text then return { 4, 1000 } end
local refused = refusal(more, lastMore)
if refused then return refused end
local f, last = read(text)
for o = 3, last, 9 do
  for p = 3, lastMore, 9 do
    if more[p + 2] == f[o + 2] then f[o + 3] = f[o + 3] + more[p + 3] break end
  end
end
local answer = take(more, lastMore, id, tonumber(call('ZSCORE', open, id)) or now)
keep(id, textOf(f, last))
save()
return answer`,
);

/** As many amounts as the hold has demands. */
export const LOWER = script(
  'lower',
  `
local id = asked[1]
local text = call('HGET', held, id)
if not text then return 0 end
local f, last = read(text)
for o = 3, last, 9 do lower(f, o, id, min(f[o + 3], asked[(o + 6) / 9 + 1] or 0)) end
keep(id, textOf(f, last))
save()
return 1`,
  'allow-oom',
);

export const EXTEND = script(
  'extend',
  `
local id, endMs = asked[1], now + asked[2]
local text = call('HGET', held, id)
if not text then return 0 end
local f, last = read(text)
for o = 3, last, 9 do
  if f[o + 1] == 'c' then
    for slot = 0, f[o + 3] - 1 do join(adds, f[o + 2], endMs, slotName(id, slot)) end
  end
end
join(adds, open, endMs, id)
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
local fence, ids, done = nil, {}, {}
for step = 1, #asked / 9 do ids[step] = asked[step * 9 - 8] end
local holds, ends = call('HMGET', held, unpack(ids)), call('HMGET', late, unpack(ids))

-- After the end of a lease, which charged what was held. At \`used\` are the amounts by unit.
local function corrected(step, used)
  local answer = { 0 }
  -- What ended before it began is not begun any more.
  remember(ids[step], '')
  if not ends[step] or ends[step] == '' then return answer end
  local f, last = read(ends[step])
  for o = 3, last, 9 do
    if f[o + 1] == 'm' and moneyOf(f, o)[5] == 1 then
      local state = changedMoney(f, o)
      state[1] = max(0, state[1] + asked[used + f[o + 5]] - f[o + 3])
      crossed(f, o, answer)
    end
  end
  return answer
end

local function waits(f, last, isKnown)
  local isUnseeded = false
  for o = 3, last, 9 do
    if f[o + 1] == 'm' and moneyOf(f, o)[5] == 0 then
      isUnseeded = true
      if isKnown == 0 and f[o + 4] == 0 then
        f[o + 4] = 1
        local state = changedMoney(f, o)
        state[8] = state[8] + 1
      end
    end
  end
  if isUnseeded and not fence then fence = tonumber(call('GET', mine .. 'fence') or '0') + 1 end
  return isUnseeded and isKnown == 0
end

local function settled(step, isKnown, used)
  local id = ids[step]
  -- Told twice in one turn: the first word counts.
  if done[id] then return done[id] end
  done[id] = { 0 }
  if not holds[step] then return corrected(step, used) end
  local f, last = read(holds[step])
  if waits(f, last, isKnown) then
    keep(id, textOf(f, last))
    done[id] = { 2 }
    return done[id]
  end
  local answer = { 1 }
  for o = 3, last, 9 do
    if f[o + 1] ~= 'm' then close(f, o, id, asked[used + f[o + 5]])
    elseif moneyOf(f, o)[5] == 1 then
      close(f, o, id, asked[used + f[o + 5]])
      crossed(f, o, answer)
    else
      close(f, o, id, 0)
      moneyOf(f, o)[7] = fence
    end
  end
  drop(id)
  return answer
end

local answers = {}
for step = 1, #ids do
  local at = step * 9 - 8
  answers[step] = settled(step, asked[at + 1], at + 1)
end
save()
if fence then call('SET', mine .. 'fence', fence, 'PX', '259200000') end
return answers`,
  'allow-oom',
);

export const SEED = script(
  'seed',
  `
local fence = tonumber(asked[2])
if not begun or asked[1] ~= epoch then return 0 end
local done = 0
for at = 3, #asked, 3 do
  local spent, carried = asked[at], asked[at + 1]
  local f, last = read(asked[at + 2])
  local state = moneyOf(f, 3)
  if state[5] == 0 and state[8] == 0 and fence >= state[7] then
    state = changedMoney(f, 3)
    state[1] = state[1] + spent
    -- What is held in the period before is not carried, nor what has ended since the ledger was asked.
    if last == 12 then
      local before = moneyOf(f, 12)
      if before[5] == 1 then carried = min(carried, f[9] - before[1]) end
      carried = max(0, carried - before[2])
    end
    state[3] = carried
    state[5] = 1
    local lines = { unpacked(f[12]) }
    while lines[state[4] + 1] and lines[state[4] + 1] <= spent do state[4] = state[4] + 1 end
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
local id, text = asked[1], asked[2]
local f, last = read(text)
local told = mine .. 'o:' .. id
if call('EXISTS', told) > 0 or call('HEXISTS', held, id) > 0 then return 0 end
change(told, { 0 }, 3600000)
take(f, last, id, now + f[1])
join(adds, open, now + f[1], id)
keep(id, text .. pack(now))
save()
return 1`,
);

/** Whoever holds it is gone, or cut off: charged is all that it held. */
export const SWEEP = script(
  'sweep',
  `
local ids = call('ZRANGE', open, '-inf', now, 'BYSCORE', 'LIMIT', 0, asked[1])
local holds = #ids > 0 and call('HMGET', held, unpack(ids)) or {}
local forgotten = call('ZRANGE', lates, '-inf', now, 'BYSCORE', 'LIMIT', 0, asked[1])
for index, id in ipairs(ids) do
  local f, last, isMoney = nil, -6, false
  if holds[index] then f, last = read(holds[index]) end
  for o = 3, last, 9 do
    close(f, o, id, f[o + 3])
    isMoney = isMoney or f[o + 1] == 'm'
  end
  if isMoney then remember(id, holds[index]) end
  drop(id)
end
save()
if #forgotten > 0 then
  call('HDEL', late, unpack(forgotten))
  call('ZREM', lates, unpack(forgotten))
end
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
local instance, aliveMs, server, fresh, pauseMs = unpack(asked)
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
