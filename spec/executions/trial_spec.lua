-- `make trial-campaign`, short: workers are killed, answers lost, and each contact is called once, as over the 5,000 of the whole trial.
local child = require "spec.child"

describe("A campaign whose workers are killed", function()
  it("calls each contact once, and the journal says so", function()
    if not pcall(require, "luasql.sqlite3") then return pending "luasql.sqlite3 is not installed" end
    local output = child.shell(("env OUT=${STUDIO_OUT:-build} SEEDS=1 FIRST=7 CONTACTS=200 KILLS=2 RATE=200 JOURNALS=sqlite TIMES=12 "
      .. "%s soak/campaign.lua; echo status=$?"):format(child.interpreter()))
    assert.truthy(output:find("each exactly once\nnone failed\nstatus=0\n$"), output)
  end)
end)
