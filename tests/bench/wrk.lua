-- The load of `load calls` from wrk: sessions, an id and a sum of its own for every
-- call, and a look at every answer.
--
--   wrk -t1 -c32 -d3s -s wrk.lua URL -- SESSIONS
--
-- SESSIONS is 0 for a server without sessions. Prints the figures as JSON.

local JSON = {
  ['Content-Type'] = 'application/json',
  ['Accept'] = 'application/json, text/event-stream',
}
local INITIALIZE = '{"jsonrpc":"2.0","id":0,"method":"initialize","params":'
  .. '{"protocolVersion":"2025-11-25","capabilities":{},'
  .. '"clientInfo":{"name":"wrk","version":"1"}}}'
local INITIALIZED = '{"jsonrpc":"2.0","method":"notifications/initialized"}'

local wanted, asked, id, turn = 0, 0, 0, 0
local opened, ready = {}, {}
local threads = {}
wrong = 0

function setup(thread) table.insert(threads, thread) end

function init(arguments)
  wanted = tonumber(arguments[1])
  if wanted == 0 then ready = { JSON } end
end

local function in_session(session)
  local headers = { ['Mcp-Session-Id'] = session }
  for name, value in pairs(JSON) do headers[name] = value end
  return headers
end

local function post(headers, body)
  return wrk.format('POST', nil, headers, body)
end

-- wrk does not say to which request an answer belongs: one that finds no session
-- ready yet opens one too many.
function request()
  local session = table.remove(opened)
  if session then
    table.insert(ready, in_session(session))
    return post(ready[#ready], INITIALIZED)
  end
  if asked < wanted or #ready == 0 then
    asked = asked + 1
    return post(JSON, INITIALIZE)
  end
  turn, id = turn % #ready + 1, id + 1
  return post(ready[turn], '{"jsonrpc":"2.0","id":' .. id
    .. ',"method":"tools/call","params":{"name":"calculate","arguments":{"a":'
    .. id .. ',"b":50,"op":"add"}}}')
end

function response(status, headers, body)
  local session = headers['mcp-session-id'] or headers['Mcp-Session-Id']
  if session then table.insert(opened, session) end
  local a, sum = string.match(body, '"(%d+) add 50 = (%d+)"')
  local is_right = a and tonumber(sum) == tonumber(a) + 50
    and string.find(body, '"id":' .. a, 1, true)
  if not (is_right and status == 200) and not session and status ~= 202 then
    wrong = wrong + 1
  end
end

function done(summary, latency)
  local wrong, errors = 0, 0
  for _, thread in ipairs(threads) do wrong = wrong + thread:get('wrong') end
  for _, count in pairs(summary.errors) do errors = errors + count end
  io.write(string.format(
    '\n{"per_second":%f,"p50_us":%f,"p99_us":%f,"wrong":%d}\n',
    summary.requests / summary.duration * 1e6, latency:percentile(50),
    latency:percentile(99), wrong + errors))
end
