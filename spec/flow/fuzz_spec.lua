-- A part of what `fuzz/flow.lua` does: spoiled definitions give findings, changes and pictures, never a raise and never a hang.
local fuzz = dofile "fuzz/flow.lua"

describe("flow.check, flow.diff, flow.graph and flow.page", function()
  it("take definitions with parts dropped, doubled, retyped and nested deep", function()
    fuzz.run(150)
  end)
end)
