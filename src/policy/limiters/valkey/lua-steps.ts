/** What a step does with a demand of any kind, in Lua. */
export const LUA_STEPS = `
local refusals = { b = refusedBucket, w = refusedWindow, c = refusedSlot, m = refusedMoney }
local lefts = { b = leftInBucket, w = leftInWindow, c = leftInSlots, m = leftInMoney }

local function refusal(f, last)
  local unseeded
  for o = 3, last, 9 do
    local kind, isUnseeded = f[o + 1], false
    if kind == 'm' then
      if not begun or now < pausedMs then return { 4, max(1, pausedMs - now) } end
      local state = moneyOf(f, o)
      if state[8] > 0 then return { 4, 50 } end
      isUnseeded = state[5] == 0
    end
    if isUnseeded then
      if not unseeded then
        unseeded = { 3, epoch .. ':' .. (call('GET', mine .. 'fence') or '0') }
      end
      unseeded[#unseeded + 1] = (o + 6) / 9
    else
      local refused = refusals[kind](f, o)
      if refused then
        if refused[2] == 0 then return { 2, (o + 6) / 9, refused[1] } end
        return { 2, (o + 6) / 9, refused[1], lefts[kind](f, o) }
      end
    end
  end
  return unseeded
end

local function take(f, last, id, endMs)
  local answer, at = { 1 }, 2
  for o = 3, last, 9 do
    local kind = f[o + 1]
    if kind == 'b' then
      local debt, emptyMs
      if f[o + 4] == 1 then debt, emptyMs = lend(f, o, endMs) else debt, emptyMs = draw(f, o, f[o + 3]) end
      answer[at], answer[at + 1] = left(f, o, debt), emptyMs
    else
      if kind == 'w' then count(changedWindow(f, o), f[o + 3])
      elseif kind == 'c' then takeSlots(f, o, id, endMs)
      else
        local state = changedMoney(f, o)
        state[2] = state[2] + f[o + 3]
      end
      answer[at], answer[at + 1] = lefts[kind](f, o)
    end
    at = at + 2
  end
  return answer
end

-- Of the hold only a part stays: what it holds of a bucket is drawn now.
local function lower(f, o, id, used)
  local kind = f[o + 1]
  if kind == 'b' then closeBucket(f, o, used)
  elseif kind == 'w' then closeWindow(f, o, used)
  elseif kind == 'c' then freeSlots(f, o, id, used)
  else
    local state = changedMoney(f, o)
    state[2] = max(0, state[2] - f[o + 3] + used)
  end
  f[o + 3] = used
  if kind == 'b' then f[o + 4] = 0 end
end

local function close(f, o, id, used)
  local kind = f[o + 1]
  if kind == 'b' then closeBucket(f, o, used)
  elseif kind == 'w' then closeWindow(f, o, used)
  elseif kind == 'c' then freeSlots(f, o, id, 0)
  else
    local state = changedMoney(f, o)
    state[2] = max(0, state[2] - f[o + 3])
    state[1] = state[1] + used
    if f[o + 4] == 1 then state[8] = max(0, state[8] - 1) end
  end
end
`;
