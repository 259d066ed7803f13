--- What both sides of the fault matrix know: the account, the flow of each stage of a case, and the honest answers.
local words = {
  account_sid = "AC" .. ("0"):rep(32), auth_token = ("f"):rep(32),
  flows = { warm = "FW" .. ("1"):rep(32), target = "FW" .. ("2"):rep(32), probe = "FW" .. ("3"):rep(32) },
  contact = { to = "+18001234567", from = "+18007654321" },
}

--- The body that answers a request of a stage; it tells which.
function words.body(stage)
  return ('{"sid":"%s","answer":"%s"}'):format(words.flows[stage] or words.flows.target, stage)
end

return words
