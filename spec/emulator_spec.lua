-- The local service does what the reference says of each operation.

local emulator = require "studio.emulator"
local studio = require "studio"

local function words(text)
  local list = {}
  for word in text:gmatch("%S+") do
    list[#list + 1] = word
  end
  table.sort(list)
  return list
end

local function keys(object)
  local list = {}
  for key in pairs(object) do
    list[#list + 1] = key
  end
  table.sort(list)
  return list
end

local trigger = [[{"description":"d","states":[{"name":"Trigger","type":"trigger","transitions":[],"properties":{}}],]]
  .. [["initial_state":"Trigger","flags":{}}]]

describe("emulator", function()
  local service, client

  setup(function()
    service = assert(emulator.start())
    client = studio.new {
      base_url = service.base_url, account_sid = service.account_sid, auth_token = service.auth_token, retry = false,
    }
  end)

  teardown(function()
    client:close()
    service:stop()
  end)

  before_each(function()
    service:reset()
  end)

  local function request(method, path, params)
    local response, err = client:request(method, path, params)
    assert(response, tostring(err))
    return response
  end

  local function get(path, query)
    return request("GET", path, { query = query }).body
  end

  local function post(path, form)
    return request("POST", path, { form = form }).body
  end

  local function refusal(method, path, params)
    local response, err = client:request(method, path, params)
    assert.is_nil(response)
    assert.are.equal("http", err.kind, tostring(err))
    return err
  end

  local function refused(status, code, method, path, params)
    local err = refusal(method, path, params)
    assert.are.equal(status, err.status)
    assert.are.equal(code, err.code)
    return err
  end

  local function survey(version)
    return "/" .. version .. "/Flows/" .. service.flows.survey
  end

  local pair_number = 0
  -- A contact that nobody has talked to.
  local function contact()
    pair_number = pair_number + 1
    return { To = ("+1800%07d"):format(pair_number), From = "+15005550006" }
  end

  describe("methods", function()
    it("want a colon, and say so at the caller's line", function()
      for _, name in ipairs { "stop", "fault", "clear_faults", "requests", "clear_log", "reset", "environment" } do
        for _, given in ipairs { false, { status = 503 } } do
          local fine, message = pcall(function() local _ = service[name](given or nil) end)
          assert.is_false(fine)
          local due = "^%S*spec/emulator_spec%.lua:%d+: call '" .. name .. "' with a colon, not with a dot$"
          assert.is_truthy(message:find(due), message)
        end
      end
      assert.are.equal(0, #service:requests())
    end)

    it("want faults that say something, of paths that begin with a slash", function()
      local fine, message = pcall(function() service:fault {} end)
      assert.is_false(fine)
      assert.is_truthy(message:find("emulator_spec.lua", 1, true) and message:find("a fault must say what is to happen", 1, true), message)
      fine, message = pcall(function() service:fault { path = "v1/Flows", status = 503 } end)
      assert.is_false(fine)
      assert.is_truthy(message:find("field 'path' of a fault must begin with '/'", 1, true), message)
      get("/v1/Flows")
    end)
  end)

  describe("operations", function()
    -- The fields of the reference, each there even when null.
    local v1_execution = "sid account_sid flow_sid contact_sid contact_channel_address context status date_created date_updated url links"
    local step_fields = "sid account_sid flow_sid parent_step_sid name context transitioned_from transitioned_to type date_created "
      .. "date_updated url links "
    local flow_fields = "sid account_sid author_sid friendly_name definition status revision commit_message valid errors "
      .. "date_created date_updated url "
    local fields = {
      v1_flow = "sid account_sid friendly_name status version date_created date_updated url links",
      v1_execution = v1_execution,
      v1_engagement_context = "account_sid context engagement_sid flow_sid url",
      execution_context = "account_sid context flow_sid execution_sid url",
      v1_step = step_fields .. "engagement_sid",
      v1_step_context = "account_sid context engagement_sid flow_sid step_sid url",
      execution_step = step_fields .. "execution_sid",
      execution_step_context = "account_sid context execution_sid flow_sid step_sid url",
      v2_flow = flow_fields .. "warnings webhook_url links",
      v2_revision = flow_fields,
      v2_validation = "valid",
      v2_test_users = "sid test_users url",
      v2_execution = v1_execution .. " flow_version initiated_by",
      flex_flow = "account_sid date_created date_updated sid friendly_name chat_service_sid channel_type contact_identity enabled "
        .. "integration_type integration long_lived janitor_enabled url",
    }

    -- Asks for one operation and holds its answer against the reference.
    local function check(method, path, status, shape, key, form)
      local response = request(method, path, { form = form })
      assert.are.equal(status, response.status, method .. " " .. path)
      if status == 204 then
        assert.is_nil(response.body)
        return nil
      end
      local record = response.body
      if key then
        assert.are.equal(key, record.meta.key)
        record = assert(record[key][1], "an empty list of " .. key)
      end
      assert.are.same(words(fields[shape]), keys(record), method .. " " .. path)
      if record.url and not key then
        assert.are.equal(1, record.url:find(service.base_url, 1, true))
      end
      for _, url in pairs(type(record.links) == "table" and record.links or {}) do
        assert.are.equal(200, request("GET", url:sub(#service.base_url + 1)).status, url)
      end
      return record
    end

    local function check_children(base, kind, context, step, step_context)
      check("GET", base .. "/Context", 200, context)
      local first = check("GET", base .. "/Steps", 200, step, "steps")
      local path = base .. "/Steps/" .. first.sid
      assert.are.equal(service.base_url .. path, first.url)
      assert.are.same(first, check("GET", path, 200, step))
      check("GET", path .. "/Context", 200, step_context)
      assert.is_truthy(first.sid:find("^FT%x+$") and #first.sid == 34, kind)
    end

    it("of Studio v1 answer as the reference says", function()
      check("GET", "/v1/Flows", 200, "v1_flow", "flows")
      local flow = check("GET", survey "v1", 200, "v1_flow")
      assert.are.same({ "engagements", "executions" }, keys(flow.links))

      for name, path in pairs { engagements = "/Engagements", executions = "/Executions" } do
        local made = check("POST", survey "v1" .. path, 200, "v1_execution", nil, contact())
        local base = survey "v1" .. path .. "/" .. made.sid
        assert.are.equal(service.base_url .. base, made.url)
        check("GET", survey "v1" .. path, 200, "v1_execution", name)
        assert.are.same(made, check("GET", base, 200, "v1_execution"))
        if name == "executions" then
          assert.are.same({ "execution_context", "steps" }, keys(made.links))
          check_children(base, name, "execution_context", "execution_step", "execution_step_context")
          assert.are.equal("ended", check("POST", base, 200, "v1_execution", nil, { Status = "ended" }).status)
        else
          assert.are.same({ "engagement_context", "steps" }, keys(made.links))
          check_children(base, name, "v1_engagement_context", "v1_step", "v1_step_context")
        end
        check("DELETE", base, 204)
        refused(404, 20404, "GET", base)
        refused(404, 20404, "GET", base .. "/Steps")
      end
      check("DELETE", survey "v1", 204)
      refused(404, 20404, "GET", survey "v1")
      refused(404, 20404, "GET", survey "v2" .. "/Executions")
    end)

    it("of Studio v2 answer as the reference says", function()
      local form = { FriendlyName = "New", Status = "draft", Definition = trigger }
      check("GET", "/v2/Flows", 200, "v2_flow", "flows")
      check("POST", "/v2/Flows/Validate", 200, "v2_validation", nil, form)
      local flow = check("POST", "/v2/Flows", 201, "v2_flow", nil, form)
      local base = "/v2/Flows/" .. flow.sid
      assert.are.same({ "executions", "revisions", "test_users" }, keys(flow.links))
      assert.is_truthy(flow.sid:find("^FW%x+$") and #flow.sid == 34 and not flow.sid:find("%u", 3))
      assert.are.same(flow, check("GET", base, 200, "v2_flow"))
      check("POST", base, 200, "v2_flow", nil, { Status = "published" })
      check("GET", base .. "/Revisions", 200, "v2_revision", "revisions")
      check("GET", base .. "/Revisions/2", 200, "v2_revision")
      check("GET", base .. "/TestUsers", 200, "v2_test_users")
      check("POST", base .. "/TestUsers", 200, "v2_test_users", nil, { TestUsers = { "a", "b" } })

      local made = check("POST", base .. "/Executions", 201, "v2_execution", nil, contact())
      local execution = base .. "/Executions/" .. made.sid
      check("GET", base .. "/Executions", 200, "v2_execution", "executions")
      assert.are.same(made, check("GET", execution, 200, "v2_execution"))
      check_children(execution, "executions", "execution_context", "execution_step", "execution_step_context")
      check("POST", execution, 200, "v2_execution", nil, { Status = "ended" })
      check("DELETE", execution, 204)
      check("DELETE", base, 204)
      refused(404, 20404, "GET", base)
    end)

    it("of Flex answer as the reference says", function()
      local form = { FriendlyName = "Chat", ChatServiceSid = "IS" .. ("0"):rep(32), ChannelType = "web" }
      check("GET", "/v1/FlexFlows", 200, "flex_flow", "flex_flows")
      local made = check("POST", "/v1/FlexFlows", 201, "flex_flow", nil, form)
      local base = "/v1/FlexFlows/" .. made.sid
      assert.are.same(made, check("GET", base, 200, "flex_flow"))
      assert.is_true(check("POST", base, 200, "flex_flow", nil, { Enabled = "true" }).enabled)
      check("DELETE", base, 204)
      refused(404, 20404, "GET", base)
      check("GET", "/v1/FlexFlows/" .. service.flex_flow, 200, "flex_flow")
    end)

    it("show one execution through each path", function()
      local made = post(survey "v1" .. "/Engagements", contact())
      assert.are.equal(made.sid, get(survey "v2" .. "/Executions/" .. made.sid).sid)
      assert.are.equal(made.sid, get(survey "v1" .. "/Executions/" .. made.sid).sid)
      request("DELETE", survey "v2" .. "/Executions/" .. made.sid)
      refused(404, 20404, "GET", survey "v1" .. "/Engagements/" .. made.sid)
    end)

    it("refuse unknown paths, methods and SIDs", function()
      refused(404, 20404, "GET", "/v3/Flows")
      refused(404, 20404, "GET", "/v1/Flows/FW" .. ("f"):rep(32))
      refused(404, 20404, "GET", "/v1/Flows/nonsense/Engagements")
      refused(405, 20004, "POST", "/v1/Flows", { form = {} })
      refused(405, 20004, "DELETE", "/v2/Flows")
      local err = refused(404, 20404, "GET", "/")
      assert.is_truthy(err.request_id:find("^RQ" .. ("%x"):rep(32) .. "$"))
      assert.are.equal("https://www.twilio.com/docs/errors/20404", err.more_info)
    end)
  end)

  describe("values", function()
    it("come back as the JSON that was sent", function()
      local parameters = [=[{"list":[],"object":{},"null":null,"whole":3,"text":"é","deep":[[{}]]}]=]
      local form = contact()
      form.Parameters = parameters
      local sid = post(survey "v1" .. "/Engagements", form).sid
      local context = get(survey "v1" .. "/Engagements/" .. sid .. "/Context").context
      assert.are.equal(studio.null, context.flow.data.null)
      assert.are.equal(3, context.flow.data.whole)
      assert.are.same({ list = {}, object = {}, null = studio.null, whole = 3, text = "é", deep = { { {} } } }, context.flow.data)
      assert.are.equal(form.To, context.contact.channel.address)
      assert.are.equal(form.From, context.flow.channel.address)
    end)

    it("of definitions are null in lists alone", function()
      for _, path in ipairs { "", "/" .. service.flows.values .. "/Revisions" } do
        local page = get("/v2/Flows" .. path)
        for _, record in ipairs(page[page.meta.key]) do
          assert.are.equal(studio.null, record.definition)
          assert.are.equal(studio.null, record.valid)
          assert.are.equal(studio.null, record.errors)
        end
      end
      local flow = get("/v2/Flows/" .. service.flows.values)
      assert.is_true(flow.valid)
      assert.are.same({}, flow.errors)
      assert.are.equal(0.30000000000000004, flow.definition.states[1].properties.digits)
    end)

    it("say on whose behalf and from where an execution came", function()
      local made = request("POST", survey "v2" .. "/Executions", { form = contact() })
      assert.are.equal(made.headers["twilio-request-id"], made.body.initiated_by)
      assert.are.equal(1, made.body.flow_version)
      assert.is_truthy(made.body.contact_sid:find("^FC%x+$"))
    end)
  end)

  describe("credentials", function()
    local function request_with(options)
      options.base_url, options.retry = service.base_url, false
      local other = studio.new(options)
      local response, err = other:request("GET", "/v1/Flows")
      other:close()
      return response, err
    end

    it("are the token, an API key or an OAuth token", function()
      assert(request_with { account_sid = service.account_sid, auth_token = service.auth_token })
      assert(request_with { account_sid = service.account_sid, api_key = service.api_key, api_secret = service.api_secret })
      service:clear_log()
      assert(request_with {
        account_sid = service.account_sid, oauth = { client_id = service.client_id, client_secret = service.client_secret },
      })
      local requests = service:requests()
      assert.are.equal("POST /v2/token", requests[1].method .. " " .. requests[1].path)
      assert.are.equal("Bearer", requests[2].headers.authorization)
    end)

    it("that are wrong get 401 and 20003", function()
      for _, options in ipairs {
        { account_sid = service.account_sid, auth_token = "wrong" },
        { account_sid = "AC" .. ("1"):rep(32), auth_token = service.auth_token },
        { account_sid = service.account_sid, api_key = service.api_key, api_secret = service.auth_token },
      } do
        local response, err = request_with(options)
        assert.is_nil(response)
        assert.are.equal(401, err.status)
        assert.are.equal(20003, err.code)
      end
      local form = { grant_type = "client_credentials", client_id = service.client_id, client_secret = "wrong" }
      refused(401, 20003, "POST", "/v2/token", { form = form })
      form.grant_type, form.client_secret = "password", service.client_secret
      refused(400, 20001, "POST", "/v2/token", { form = form })
    end)

    it("are told with their lifetime", function()
      local form = { grant_type = "client_credentials", client_id = service.client_id, client_secret = service.client_secret }
      local token = post("/v2/token", form)
      assert.are.equal("Bearer", token.token_type)
      assert.are.equal(3600, token.expires_in)
      assert.are.equal("string", type(token.access_token))
    end)
  end)

  describe("lists", function()
    -- The SIDs of a list, and the meta of its pages, by following the URLs.
    local function walk(path, query)
      local sids, metas = {}, {}
      local page = get(path, query)
      while page do
        for _, record in ipairs(page[page.meta.key]) do
          sids[#sids + 1] = record.sid
        end
        metas[#metas + 1] = page.meta
        local following = page.meta.next_page_url
        if following == studio.null then
          return sids, metas
        end
        assert.are.equal(1, following:find(service.base_url .. path .. "?", 1, true))
        page = get(following:sub(#service.base_url + 1))
      end
    end

    it("have pages of 50 unless told otherwise", function()
      local sids, metas = walk(survey "v1" .. "/Engagements")
      assert.are.equal(120, #sids)
      assert.are.equal(3, #metas)
      assert.are.equal(50, metas[1].page_size)
      assert.are.same({ 0, 1, 2 }, { metas[1].page, metas[2].page, metas[3].page })
      assert.are.equal(studio.null, metas[1].previous_page_url)
      assert.are.same(words "key page page_size first_page_url previous_page_url next_page_url url", keys(metas[1]))
      local all = walk(survey "v2" .. "/Executions", { PageSize = "1000" })
      assert.are.same(all, sids)
    end)

    it("lead back to the page before", function()
      local path = survey "v1" .. "/Executions"
      local first = get(path, { PageSize = "7" })
      local second = get(first.meta.next_page_url:sub(#service.base_url + 1))
      local third = get(second.meta.next_page_url:sub(#service.base_url + 1))
      assert.are.same(second.executions, get(third.meta.previous_page_url:sub(#service.base_url + 1)).executions)
      assert.are.same(first.executions, get(second.meta.previous_page_url:sub(#service.base_url + 1)).executions)
      assert.are.same(first.executions, get(third.meta.first_page_url:sub(#service.base_url + 1)).executions)
      assert.are.same(third.executions, get(third.meta.url:sub(#service.base_url + 1)).executions)
    end)

    it("neither repeat nor lose records when others come and go", function()
      local path = survey "v1" .. "/Executions"
      local first = get(path, { PageSize = "10" })
      local expected = get(path, { PageSize = "20" }).executions[12].sid
      local second = get(path, { PageSize = "20" }).executions[11].sid
      post(path, contact())
      request("DELETE", path .. "/" .. second)
      local page = get(first.meta.next_page_url:sub(#service.base_url + 1))
      assert.are.equal(expected, page.executions[1].sid)
    end)

    it("keep their filters from page to page", function()
      local path = survey "v2" .. "/Executions"
      local query = { DateCreatedFrom = "2024-01-01T05:00:00Z", DateCreatedTo = "2024-01-01T12:00:00+02:00", PageSize = "2" }
      local sids, metas = walk(path, query)
      assert.are.equal(5, #sids)
      assert.are.equal(3, #metas)
      local last = get(path .. "/" .. sids[5])
      assert.are.equal("2024-01-01T05:00:00Z", last.date_created)

      local active = post(path, contact())
      assert.are.same({ active.sid }, (walk(path, { status = "active" })))
      assert.are.equal(120, #walk(path, { status = "ended" }))
      assert.are.equal(1, #get("/v1/FlexFlows", { FriendlyName = "Web chat" }).flex_flows)
      assert.are.equal(0, #get("/v1/FlexFlows", { FriendlyName = "Web" }).flex_flows)
    end)

    it("refuse bad pages", function()
      refused(400, 20007, "GET", "/v1/Flows", { query = { PageSize = "1001" } })
      for name, value in pairs { PageSize = "0", Page = "-1", PageToken = "PAnonsense" } do
        local err = refused(400, 20001, "GET", "/v1/Flows", { query = { [name] = value } })
        assert.is_truthy(err.message:find(name, 1, true))
      end
    end)
  end)

  describe("parameters", function()
    local IS = "IS" .. ("0"):rep(32)
    local cases = {
      { "Executions", {}, "To" },
      { "Executions", { To = "+1" }, "From" },
      { "Executions", { To = "", From = "+1" }, "To" },
      { "Executions", { To = "+1", From = "+1", Parameters = "{" }, "Parameters" },
      { "Flow", { FriendlyName = "n", Definition = trigger }, "Status" },
      { "Flow", { FriendlyName = "n", Definition = trigger, Status = "DRAFT" }, "Status" },
      { "Flow", { FriendlyName = "n", Status = "draft" }, "Definition" },
      { "Flow", { FriendlyName = "n", Status = "draft", Definition = "{'}" }, "Definition" },
      { "Flow", { FriendlyName = "n", Status = "draft", Definition = trigger, CommitMessage = "" }, "CommitMessage" },
      { "Flow", { FriendlyName = "n", Status = "draft", Definition = trigger, AuthorSid = "AC" }, "AuthorSid" },
      { "TestUsers", {}, "TestUsers" },
      { "Flex", { ChatServiceSid = IS, ChannelType = "web" }, "FriendlyName" },
      { "Flex", { FriendlyName = "n", ChatServiceSid = "IS1", ChannelType = "web" }, "ChatServiceSid" },
      { "Flex", { FriendlyName = "n", ChatServiceSid = IS, ChannelType = "fax" }, "ChannelType" },
      { "Flex", { FriendlyName = "n", ChatServiceSid = IS, ChannelType = "web", Enabled = "yes" }, "Enabled" },
      { "Flex", { FriendlyName = "n", ChatServiceSid = IS, ChannelType = "web", IntegrationType = "studio" }, "Integration.FlowSid" },
      { "Flex", { FriendlyName = "n", ChatServiceSid = IS, ChannelType = "web", IntegrationType = "external" }, "Integration.Url" },
      { "Flex", { FriendlyName = "n", ChatServiceSid = IS, ChannelType = "web", IntegrationType = "task" },
        "Integration.WorkspaceSid" },
      { "Flex", { FriendlyName = "n", ChatServiceSid = IS, ChannelType = "web", ["Integration.RetryCount"] = "4" },
        "Integration.RetryCount" },
    }

    it("that are missing or malformed are named", function()
      local paths = {
        Executions = survey "v2" .. "/Executions", Flow = "/v2/Flows", TestUsers = survey "v2" .. "/TestUsers", Flex = "/v1/FlexFlows",
      }
      for _, case in ipairs(cases) do
        local err = refused(400, 20001, "POST", paths[case[1]], { form = case[2] })
        assert.is_truthy(err.message:find(" " .. case[3], 1, true), err.message)
      end
      for _, date in ipairs { "yesterday", "2024-01-01", "2024-01-01T00:00:00", "2024-13-01T00:00:00Z" } do
        refused(400, 20001, "GET", survey "v1" .. "/Executions", { query = { DateCreatedFrom = date } })
      end
      refused(400, 20001, "GET", survey "v2" .. "/Executions", { query = { status = "busy" } })
      refused(400, 20001, "POST", survey "v1" .. "/Executions", { form = { To = "\255", From = "+1" } })
    end)
  end)

  describe("executions", function()
    it("are refused for a contact who is in one, whatever the version and the flow", function()
      local form = contact()
      local active = post(survey "v2" .. "/Executions", form)
      local err = refused(409, 20409, "POST", survey "v2" .. "/Executions", { form = form })
      assert.are.same({ conflicting_execution_sid = active.sid }, err.details)
      refused(409, 20409, "POST", survey "v1" .. "/Engagements", { form = form })
      refused(409, 20409, "POST", "/v2/Flows/" .. service.flows.reminder .. "/Executions", { form = form })
      refused(409, 20409, "POST", survey "v1" .. "/Executions", { form = form })

      post(survey "v2" .. "/Executions/" .. active.sid, { Status = "ended" })
      local following = post(survey "v1" .. "/Engagements", form)
      assert.are_not.equal(active.sid, following.sid)
      request("DELETE", survey "v1" .. "/Engagements/" .. following.sid)
      post(survey "v2" .. "/Executions", form)
    end)

    it("stay ended", function()
      local path = survey "v1" .. "/Executions/" .. post(survey "v1" .. "/Executions", contact()).sid
      assert.are.equal("active", post(path, { Status = "active" }).status)
      assert.are.equal("ended", post(path, { Status = "ended" }).status)
      assert.are.equal("ended", post(path, { Status = "ended" }).status)
      refused(400, 20001, "POST", path, { form = { Status = "active" } })
      refused(400, 20001, "POST", path, { form = { Status = "over" } })
    end)

    it("have steps that follow the definition", function()
      local sid = post(survey "v2" .. "/Executions", contact()).sid
      local steps = get(survey "v2" .. "/Executions/" .. sid .. "/Steps").steps
      assert.are.equal(3, #steps)
      local first, last = steps[3], steps[1]
      assert.are.equal("Trigger", first.transitioned_from)
      assert.are.equal("incomingRequest", first.name)
      assert.are.equal("trigger", first.type)
      assert.are.equal(studio.null, first.parent_step_sid)
      assert.are.equal(studio.null, steps[2].parent_step_sid)
      assert.are.equal("question_1", last.transitioned_to)
      assert.are.same({ "Trigger" }, keys(first.context.widgets))
    end)

    it("leave their contacts free when their flow is deleted", function()
      local form = contact()
      post(survey "v2" .. "/Executions", form)
      request("DELETE", survey "v2")
      post("/v2/Flows/" .. service.flows.reminder .. "/Executions", form)
    end)
  end)

  describe("flows", function()
    it("count their revisions and keep each", function()
      local flow = post("/v2/Flows", { FriendlyName = "One", Status = "published", Definition = trigger, CommitMessage = "a" })
      local path = "/v2/Flows/" .. flow.sid
      assert.are.equal(1, flow.revision)
      assert.are.equal(2, post(path, { Status = "draft", FriendlyName = "Two" }).revision)
      local published = get(path .. "/Revisions/LatestPublished")
      assert.are.equal(1, published.revision)
      assert.are.equal("One", published.friendly_name)
      assert.are.equal("a", published.commit_message)
      local latest = get(path .. "/Revisions/LatestRevision")
      assert.are.equal(2, latest.revision)
      assert.are.equal("Two", latest.friendly_name)
      assert.are.equal("Trigger", latest.definition.initial_state)
      assert.are.equal(studio.null, latest.commit_message)
      assert.are.equal(2, get("/v1/Flows/" .. flow.sid).version)
      assert.are.equal(3, post(path, { Status = "published" }).revision)
      assert.are.equal(3, get(path .. "/Revisions/LatestPublished").revision)
      assert.are.equal(3, #get(path .. "/Revisions").revisions)
      refused(404, 20404, "GET", path .. "/Revisions/4")
      refused(400, 81021, "GET", path .. "/Revisions/latest")
    end)

    it("that were never published have no LatestPublished", function()
      local flow = post("/v2/Flows", { FriendlyName = "One", Status = "draft", Definition = trigger })
      refused(404, 20404, "GET", "/v2/Flows/" .. flow.sid .. "/Revisions/LatestPublished")
    end)

    it("are refused with the places where their definition is wrong", function()
      local cases = {
        ["[]"] = { "#/states", "#/initial_state" },
        ["7"] = { "#/" },
        ['{"states":{"a":1},"initial_state":"A"}'] = { "#/states", "#/initial_state" },
        ['{"states":[{"name":"A","type":"t"},{"name":"A"}],"initial_state":"B"}'] = {
          "#/states/1/type", "#/states/1/name", "#/initial_state",
        },
        ['{"states":[{"name":"A","type":"t","transitions":[{"event":"e"},{"event":"e","next":"Z"}]}],"initial_state":"A"}'] = {
          "#/states/0/transitions/1/next",
        },
      }
      for definition, places in pairs(cases) do
        for _, path in ipairs { "/v2/Flows/Validate", "/v2/Flows" } do
          local form = { FriendlyName = "n", Status = "draft", Definition = definition }
          local err = refused(400, 81022, "POST", path, { form = form })
          local found = {}
          for i, problem in ipairs(err.details) do
            found[i] = problem.property_path
            assert.are.equal("string", type(problem.message))
          end
          assert.are.same(places, found)
        end
      end
      assert.are.same({ valid = true }, post("/v2/Flows/Validate", { FriendlyName = "n", Status = "draft", Definition = trigger }))
      assert.are.equal(5, #get("/v2/Flows").flows)
    end)

    it("tell an empty object from an empty array, outside of strings", function()
      local function problems(definition)
        local form = { FriendlyName = "n", Status = "draft", Definition = definition }
        local list = {}
        for index, problem in ipairs(refused(400, 81022, "POST", "/v2/Flows/Validate", { form = form }):validation_errors()) do
          list[index] = problem.property_path .. ": " .. problem.message
        end
        return list
      end
      local one = '{"states":[{"name":"T","type":"trigger","transitions":%s}],"initial_state":"T"}'
      assert.are.same({ "#/states/0/transitions: must be an array" }, problems(one:format("{}")))
      assert.are.same({ "#/states/0/transitions: must be an array" }, problems(one:format("{ \n }")))
      for _, states in ipairs { "{}", "{ }", "7", '"[]"', "null", '{"a":1}' } do
        assert.are.equal("#/states: must be an array", problems('{"states":' .. states .. ',"initial_state":"T"}')[1])
      end
      local text = [[{"states":[{"name":"{}","type":"\\\"{}","transitions":[],"properties":{}}],"initial_state":"{}","flags":{ }}]]
      assert.are.equal(true, post("/v2/Flows/Validate", { FriendlyName = "n", Status = "draft", Definition = text }).valid)
    end)

    it("have test users, who can be cleared", function()
      local path = survey "v2" .. "/TestUsers"
      assert.are.same({}, get(path).test_users)
      assert.are.same({ "a", 'b"' }, post(path, { TestUsers = { "a", 'b"' } }).test_users)
      assert.are.same({ "a", 'b"' }, get(path).test_users)
      assert.are.same({}, post(path, { TestUsers = "" }).test_users)
    end)
  end)

  it("gives a Flex Flow the integration of its type", function()
    local path = "/v1/FlexFlows/" .. service.flex_flow
    assert.are.same({ flow_sid = service.flows.support, retry_count = 3 }, get(path).integration)
    local WS, WW = "WS" .. ("1"):rep(32), "WW" .. ("1"):rep(32)
    local changed = post(path, {
      IntegrationType = "task", ["Integration.WorkspaceSid"] = WS, ["Integration.WorkflowSid"] = WW, ["Integration.Priority"] = "5",
    })
    assert.are.same({ workspace_sid = WS, workflow_sid = WW, channel = "default", timeout = 86400, priority = 5 }, changed.integration)
    refused(400, 20001, "POST", path, { form = { IntegrationType = "external" } })
    assert.are.equal("task", get(path).integration_type)
  end)
end)
