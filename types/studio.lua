---@meta studio
-- Made by `make generate` from lua/studio/api and build-aux/generate/annotations.txt: change those.
-- It has what `studio` and a client give; for studio.flow, studio.executions and studio.emulator see docs/.

---Twilio Studio for Lua.
---@class studio
---@field _VERSION string
---@field null userdata JSON null, where it is kept: anywhere below the top level of a resource
---@field webhook studio.Webhook
local studio = {}

---What `studio.new` takes; all optional.
---@class studio.Options
---@field account_sid? string begins with AC; else `TWILIO_ACCOUNT_SID`
---@field auth_token? string else `TWILIO_AUTH_TOKEN`
---@field api_key? string with `api_secret`, wins over the token; else `TWILIO_API_KEY`
---@field api_secret? string else `TWILIO_API_SECRET`
---@field oauth? { client_id: string, client_secret: string } a token is fetched on first use and renewed early
---@field region? string else `TWILIO_REGION`
---@field edge? string else `TWILIO_EDGE`
---@field base_url? string else `STUDIO_BASE_URL`; replaces scheme, host and port of every service
---@field timeout? number seconds for one attempt, 30
---@field connect_timeout? number seconds, 10
---@field deadline? number seconds for the whole call, retries and waits included; none
---@field retry? studio.Retry|false
---@field max_response_bytes? integer after decompression, 64 MiB
---@field ca_file? string certificates that are trusted; else `STUDIO_CA_FILE`, else libcurl's own
---@field proxy? string `[scheme://][user[:password]@]host[:port]`
---@field no_proxy? string hosts without a proxy, commas between them; `*` for all
---@field user_agent? string added to the library's own
---@field http? "auto"|"1.1" `auto`: HTTP/2 where it is offered
---@field on_event? fun(event: studio.Event)
---@field wait? fun(pollable: table, seconds: number) how to wait
---@field transport? { send: fun(self: any, request: table): table?, string? } in place of libcurl, for tests

---@class studio.Retry
---@field attempts? integer 4
---@field base? number seconds, 0.25
---@field cap? number seconds, 8
---@field budget? integer tokens, 500

---What a single call may say beside its parameters.
---@class studio.CallOptions
---@field timeout? number seconds for one attempt
---@field deadline? number seconds for the whole call
---@field retry? studio.Retry|false
---@field headers? table<string, string>
---@field extra? table<string, string|number|boolean|string[]> parameters that the library does not know, by their names on the wire

---@class studio.ListParameters
---@field page_size? integer 1 to 1000
---@field page? integer
---@field page_token? string
---@field limit? integer most records in all
---@field read_ahead? boolean false: the next page is not asked for while the loop works through this one

---@class studio.Event
---@field type "request"|"response"|"retry"|"error"
---@field method? string
---@field path? string
---@field attempt? integer
---@field status? integer
---@field kind? string
---@field code? integer
---@field seconds? number
---@field bytes? integer
---@field request_id? string
---@field sent? boolean
---@field retryable? boolean
---@field message? string

---Why a call failed. Fields that do not apply are absent.
---@class studio.Error
---@field kind "argument"|"transport"|"timeout"|"http"|"decode"|"limit"|"cancelled"|"context"
---@field message string
---@field status? integer
---@field code? integer
---@field more_info? string
---@field details? any
---@field request_id? string
---@field retry_after? number seconds
---@field method? string
---@field url? string
---@field attempts? integer
---@field retryable boolean whether the same call may be repeated safely
---@field sent? boolean false: surely not processed; true: answered; nil: unknown
---@field body? string the first 4 KiB of a body that was not JSON
local Error = {}

---Whether the contact already has an active Execution.
---@return boolean
function Error:is_conflict() end

---@return boolean
function Error:is_not_found() end

---@return boolean
function Error:is_rate_limited() end

---What is wrong with a flow definition.
---@return table[]
function Error:validation_errors() end

---@class studio.Task
local Task = {}

---@param seconds? number at most
---@return any ... what the function returned; nil and a studio.Error after a cancel, or when the seconds are over
function Task:wait(seconds) end

---@return boolean
function Task:done() end

---@return boolean was_going_on
function Task:cancel() end

---@class studio.Client
---@field v1 studio.v1
---@field v2 studio.v2
---@field flex studio.flex
local Client = {}

---Sends any request.
---@param method string
---@param path string
---@param options? studio.RequestOptions
---@return { status: integer, headers: table<string, string>, body: any }? response
---@return studio.Error? err
function Client:request(method, path, options) end

---@class studio.RequestOptions: studio.CallOptions
---@field query? table
---@field form? table
---@field service? "studio"|"flex"

---Starts a task: a function in which every call suspends instead of blocking.
---@param run function
---@param ... any what it is called with
---@return studio.Task? task
---@return studio.Error? err
function Client:spawn(run, ...) end

---Runs a function over many values, several at a time; gives an iterator in order of completion.
---@param source any[]|fun(): any
---@param run function
---@param options? { concurrency?: integer, rate?: number }
---@return fun(): any, any ...
function Client:map(source, run, options) end

---Waits, while everything else goes on.
---@param seconds number
---@return true? slept
---@return studio.Error? err
function Client:sleep(seconds) end

---Waits until nothing is pending.
---@param seconds? number at most
---@return boolean? drained false when the time is over
---@return studio.Error? err
function Client:drain(seconds) end

---@return integer count tasks that are not done yet
function Client:pending() end

---@param seconds? number how long to wait for something to happen, 0
---@return integer pending
function Client:step(seconds) end

---@return integer? descriptor readable when `step` has something to do
function Client:pollfd() end

---@return string
function Client:events() end

---@return number? seconds
function Client:timeout() end

---Closes every connection and cancels every task.
function Client:close() end

---@param options? studio.Options
---@return studio.Client
function studio.new(options) end

---Marks a table as a JSON array, so that an empty one is sent as `[]`.
---@param elements? table
---@return table
function studio.array(elements) end

---@param value any
---@param options? { indent?: integer, sort?: boolean }
---@return string? text
---@return studio.Error? err
function studio.encode(value, options) end

---@param text string
---@return any value
---@return studio.Error? err
function studio.decode(text) end

---@param text string ISO 8601
---@return number? seconds UTC epoch seconds
---@return studio.Error? err
function studio.timestamp(text) end

---What is known of the answer that a resource or page came in; nil for what came in a list.
---@param value table
---@return { status: integer, headers: table<string, string>, request_id?: string, attempts: integer, seconds: number }?
function studio.response_of(value) end

---@class studio.Webhook
local Webhook = {}

---Tells whether Twilio sent a request.
---@param auth_token string
---@param signature string?
---@param url string
---@param body? table|string
---@return boolean valid
---@return string? why_not
function Webhook.valid(auth_token, signature, url, body) end

---Signs a request as Twilio does.
---@param auth_token string
---@param url string
---@param body? table|string
---@return string signature
---@return string url that was signed
function Webhook.sign(auth_token, url, body) end

---@param text string a body of type `application/x-www-form-urlencoded`
---@return table<string, string|string[]>
function Webhook.fields(text) end

---Studio v1
---@class studio.v1
---@field flows studio.v1.Flow.Collection

do -- client.v1.flows

---The account's flows. v2 of the API gives their definitions, too, and creates and changes them.
---@class studio.v1.Flow
---@field sid? string
---@field account_sid? string
---@field date_created? string
---@field date_updated? string
---@field friendly_name? string
---@field links? table<string, string>
---@field status? string
---@field url? string
---@field version? integer
---@field engagements studio.v1.Engagement.Collection
---@field executions studio.v1.Execution.Collection
local Record = {}

---@param parameters? nil
---@param options? studio.CallOptions
---@return studio.v1.Flow? value
---@return studio.Error? err
function Record:fetch(parameters, options) end

---@param parameters? nil
---@param options? studio.CallOptions
---@return true? deleted
---@return studio.Error? err
function Record:delete(parameters, options) end

---@class studio.v1.Flow.Handle
---@field engagements studio.v1.Engagement.Collection
---@field executions studio.v1.Execution.Collection
local Handle = {}

---@param parameters? nil
---@param options? studio.CallOptions
---@return studio.v1.Flow? value
---@return studio.Error? err
function Handle:fetch(parameters, options) end

---@param parameters? nil
---@param options? studio.CallOptions
---@return true? deleted
---@return studio.Error? err
function Handle:delete(parameters, options) end

---@class studio.v1.Flow.Collection
---@overload fun(sid: string): studio.v1.Flow.Handle
local Collection = {}

---@class studio.v1.Flow.ListParameters: studio.ListParameters

---@class studio.v1.Flow.Page
---@field items studio.v1.Flow[] the records
---@field meta table what the service says of the page
---@field next_page_url? string
---@field previous_page_url? string
local Page = {}

---@return studio.v1.Flow.Page? page nil where there is none
---@return studio.Error? err
function Page:next() end

---@return studio.v1.Flow.Page? page nil where there is none
---@return studio.Error? err
function Page:previous() end

---@param parameters? studio.v1.Flow.ListParameters
---@param options? studio.CallOptions
---@return studio.v1.Flow[]? value
---@return studio.Error? err
function Collection:list(parameters, options) end

---@param parameters? studio.v1.Flow.ListParameters
---@param options? studio.CallOptions
---@return fun(): studio.v1.Flow iterator; raises a studio.Error
function Collection:each(parameters, options) end

---@param parameters? studio.v1.Flow.ListParameters
---@param options? studio.CallOptions
---@return fun(): studio.v1.Flow.Page iterator; raises a studio.Error
function Collection:pages(parameters, options) end

---@param parameters? studio.v1.Flow.ListParameters
---@param options? studio.CallOptions
---@return studio.v1.Flow.Page? value
---@return studio.Error? err
function Collection:page(parameters, options) end

---@param url string a saved `next_page_url`
---@param options? studio.CallOptions
---@return studio.v1.Flow.Page? value
---@return studio.Error? err
function Collection:page_at(url, options) end

end

do -- client.v1.flows(sid).engagements

---@class studio.v1.Engagement.CreateParameters
---@field to string The contact: a telephone number in E.164 form, or another address of its channel.
---@field from string The account's own number or address, or a Messaging Service SID for SMS.
---@field parameters? table|string What the flow reads as `flow.data`: a table, or JSON as a string.

---Runs of the flow, under the name that v1 gave them first. Executions are the same under the newer name, with filters.
---@class studio.v1.Engagement
---@field sid? string
---@field account_sid? string
---@field contact_channel_address? string
---@field contact_sid? string
---@field context? any
---@field date_created? string
---@field date_updated? string
---@field flow_sid? string
---@field links? table<string, string>
---@field status? string
---@field url? string
---@field engagement_context studio.v1.EngagementContext.Handle
---@field steps studio.v1.EngagementStep.Collection
local Record = {}

---@param parameters? nil
---@param options? studio.CallOptions
---@return studio.v1.Engagement? value
---@return studio.Error? err
function Record:fetch(parameters, options) end

---@param parameters? nil
---@param options? studio.CallOptions
---@return true? deleted
---@return studio.Error? err
function Record:delete(parameters, options) end

---@class studio.v1.Engagement.Handle
---@field engagement_context studio.v1.EngagementContext.Handle
---@field steps studio.v1.EngagementStep.Collection
local Handle = {}

---@param parameters? nil
---@param options? studio.CallOptions
---@return studio.v1.Engagement? value
---@return studio.Error? err
function Handle:fetch(parameters, options) end

---@param parameters? nil
---@param options? studio.CallOptions
---@return true? deleted
---@return studio.Error? err
function Handle:delete(parameters, options) end

---@class studio.v1.Engagement.Collection
---@overload fun(sid: string): studio.v1.Engagement.Handle
local Collection = {}

---@param parameters studio.v1.Engagement.CreateParameters
---@param options? studio.CallOptions
---@return studio.v1.Engagement? value
---@return studio.Error? err
function Collection:create(parameters, options) end

---@class studio.v1.Engagement.ListParameters: studio.ListParameters

---@class studio.v1.Engagement.Page
---@field items studio.v1.Engagement[] the records
---@field meta table what the service says of the page
---@field next_page_url? string
---@field previous_page_url? string
local Page = {}

---@return studio.v1.Engagement.Page? page nil where there is none
---@return studio.Error? err
function Page:next() end

---@return studio.v1.Engagement.Page? page nil where there is none
---@return studio.Error? err
function Page:previous() end

---@param parameters? studio.v1.Engagement.ListParameters
---@param options? studio.CallOptions
---@return studio.v1.Engagement[]? value
---@return studio.Error? err
function Collection:list(parameters, options) end

---@param parameters? studio.v1.Engagement.ListParameters
---@param options? studio.CallOptions
---@return fun(): studio.v1.Engagement iterator; raises a studio.Error
function Collection:each(parameters, options) end

---@param parameters? studio.v1.Engagement.ListParameters
---@param options? studio.CallOptions
---@return fun(): studio.v1.Engagement.Page iterator; raises a studio.Error
function Collection:pages(parameters, options) end

---@param parameters? studio.v1.Engagement.ListParameters
---@param options? studio.CallOptions
---@return studio.v1.Engagement.Page? value
---@return studio.Error? err
function Collection:page(parameters, options) end

---@param url string a saved `next_page_url`
---@param options? studio.CallOptions
---@return studio.v1.Engagement.Page? value
---@return studio.Error? err
function Collection:page_at(url, options) end

end

do -- client.v1.flows(sid).engagements(sid).engagement_context

---What the flow knows: the values of its widgets, of the trigger and of the contact.
---@class studio.v1.EngagementContext
---@field account_sid? string
---@field context? any
---@field engagement_sid? string
---@field flow_sid? string
---@field url? string
local Record = {}

---@param parameters? nil
---@param options? studio.CallOptions
---@return studio.v1.EngagementContext? value
---@return studio.Error? err
function Record:fetch(parameters, options) end

---@class studio.v1.EngagementContext.Handle
local Handle = {}

---@param parameters? nil
---@param options? studio.CallOptions
---@return studio.v1.EngagementContext? value
---@return studio.Error? err
function Handle:fetch(parameters, options) end

end

do -- client.v1.flows(sid).engagements(sid).steps

---The widgets that a contact went through, the newest first. They are deleted with the Execution, and after 30 days.
---@class studio.v1.EngagementStep
---@field sid? string
---@field account_sid? string
---@field context? any
---@field date_created? string
---@field date_updated? string
---@field engagement_sid? string
---@field flow_sid? string
---@field links? table<string, string>
---@field name? string
---@field parent_step_sid? string
---@field transitioned_from? string
---@field transitioned_to? string
---@field type? string
---@field url? string
---@field step_context studio.v1.EngagementStepStepContext.Handle
local Record = {}

---@param parameters? nil
---@param options? studio.CallOptions
---@return studio.v1.EngagementStep? value
---@return studio.Error? err
function Record:fetch(parameters, options) end

---@class studio.v1.EngagementStep.Handle
---@field step_context studio.v1.EngagementStepStepContext.Handle
local Handle = {}

---@param parameters? nil
---@param options? studio.CallOptions
---@return studio.v1.EngagementStep? value
---@return studio.Error? err
function Handle:fetch(parameters, options) end

---@class studio.v1.EngagementStep.Collection
---@overload fun(sid: string): studio.v1.EngagementStep.Handle
local Collection = {}

---@class studio.v1.EngagementStep.ListParameters: studio.ListParameters

---@class studio.v1.EngagementStep.Page
---@field items studio.v1.EngagementStep[] the records
---@field meta table what the service says of the page
---@field next_page_url? string
---@field previous_page_url? string
local Page = {}

---@return studio.v1.EngagementStep.Page? page nil where there is none
---@return studio.Error? err
function Page:next() end

---@return studio.v1.EngagementStep.Page? page nil where there is none
---@return studio.Error? err
function Page:previous() end

---@param parameters? studio.v1.EngagementStep.ListParameters
---@param options? studio.CallOptions
---@return studio.v1.EngagementStep[]? value
---@return studio.Error? err
function Collection:list(parameters, options) end

---@param parameters? studio.v1.EngagementStep.ListParameters
---@param options? studio.CallOptions
---@return fun(): studio.v1.EngagementStep iterator; raises a studio.Error
function Collection:each(parameters, options) end

---@param parameters? studio.v1.EngagementStep.ListParameters
---@param options? studio.CallOptions
---@return fun(): studio.v1.EngagementStep.Page iterator; raises a studio.Error
function Collection:pages(parameters, options) end

---@param parameters? studio.v1.EngagementStep.ListParameters
---@param options? studio.CallOptions
---@return studio.v1.EngagementStep.Page? value
---@return studio.Error? err
function Collection:page(parameters, options) end

---@param url string a saved `next_page_url`
---@param options? studio.CallOptions
---@return studio.v1.EngagementStep.Page? value
---@return studio.Error? err
function Collection:page_at(url, options) end

end

do -- client.v1.flows(sid).engagements(sid).steps(sid).step_context

---What the flow knew when the contact left the widget.
---@class studio.v1.EngagementStepStepContext
---@field account_sid? string
---@field context? any
---@field engagement_sid? string
---@field flow_sid? string
---@field step_sid? string
---@field url? string
local Record = {}

---@param parameters? nil
---@param options? studio.CallOptions
---@return studio.v1.EngagementStepStepContext? value
---@return studio.Error? err
function Record:fetch(parameters, options) end

---@class studio.v1.EngagementStepStepContext.Handle
local Handle = {}

---@param parameters? nil
---@param options? studio.CallOptions
---@return studio.v1.EngagementStepStepContext? value
---@return studio.Error? err
function Handle:fetch(parameters, options) end

end

do -- client.v1.flows(sid).executions

---@class studio.v1.Execution.CreateParameters
---@field to string The contact: a telephone number in E.164 form, or another address of its channel.
---@field from string The account's own number or address, or a Messaging Service SID for SMS.
---@field parameters? table|string What the flow reads as `flow.data`: a table, or JSON as a string.

---@class studio.v1.Execution.UpdateParameters
---@field status "active"|"ended" `ended` ends it.

---Runs of the flow, each for one contact, which has at most one that is active. The service deletes them after 30 days.
---@class studio.v1.Execution
---@field sid? string
---@field account_sid? string
---@field contact_channel_address? string
---@field contact_sid? string
---@field context? any
---@field date_created? string
---@field date_updated? string
---@field flow_sid? string
---@field links? table<string, string>
---@field status? string
---@field url? string
---@field execution_context studio.v1.ExecutionContext.Handle
---@field steps studio.v1.ExecutionStep.Collection
local Record = {}

---@param parameters? nil
---@param options? studio.CallOptions
---@return studio.v1.Execution? value
---@return studio.Error? err
function Record:fetch(parameters, options) end

---@param parameters studio.v1.Execution.UpdateParameters
---@param options? studio.CallOptions
---@return studio.v1.Execution? value
---@return studio.Error? err
function Record:update(parameters, options) end

---@param parameters? nil
---@param options? studio.CallOptions
---@return true? deleted
---@return studio.Error? err
function Record:delete(parameters, options) end

---@class studio.v1.Execution.Handle
---@field execution_context studio.v1.ExecutionContext.Handle
---@field steps studio.v1.ExecutionStep.Collection
local Handle = {}

---@param parameters? nil
---@param options? studio.CallOptions
---@return studio.v1.Execution? value
---@return studio.Error? err
function Handle:fetch(parameters, options) end

---@param parameters studio.v1.Execution.UpdateParameters
---@param options? studio.CallOptions
---@return studio.v1.Execution? value
---@return studio.Error? err
function Handle:update(parameters, options) end

---@param parameters? nil
---@param options? studio.CallOptions
---@return true? deleted
---@return studio.Error? err
function Handle:delete(parameters, options) end

---@class studio.v1.Execution.Collection
---@overload fun(sid: string): studio.v1.Execution.Handle
local Collection = {}

---@param parameters studio.v1.Execution.CreateParameters
---@param options? studio.CallOptions
---@return studio.v1.Execution? value
---@return studio.Error? err
function Collection:create(parameters, options) end

---@class studio.v1.Execution.ListParameters: studio.ListParameters
---@field date_created_from? string|number Only those created at or after this moment.
---@field date_created_to? string|number Only those created before this moment.

---@class studio.v1.Execution.Page
---@field items studio.v1.Execution[] the records
---@field meta table what the service says of the page
---@field next_page_url? string
---@field previous_page_url? string
local Page = {}

---@return studio.v1.Execution.Page? page nil where there is none
---@return studio.Error? err
function Page:next() end

---@return studio.v1.Execution.Page? page nil where there is none
---@return studio.Error? err
function Page:previous() end

---@param parameters? studio.v1.Execution.ListParameters
---@param options? studio.CallOptions
---@return studio.v1.Execution[]? value
---@return studio.Error? err
function Collection:list(parameters, options) end

---@param parameters? studio.v1.Execution.ListParameters
---@param options? studio.CallOptions
---@return fun(): studio.v1.Execution iterator; raises a studio.Error
function Collection:each(parameters, options) end

---@param parameters? studio.v1.Execution.ListParameters
---@param options? studio.CallOptions
---@return fun(): studio.v1.Execution.Page iterator; raises a studio.Error
function Collection:pages(parameters, options) end

---@param parameters? studio.v1.Execution.ListParameters
---@param options? studio.CallOptions
---@return studio.v1.Execution.Page? value
---@return studio.Error? err
function Collection:page(parameters, options) end

---@param url string a saved `next_page_url`
---@param options? studio.CallOptions
---@return studio.v1.Execution.Page? value
---@return studio.Error? err
function Collection:page_at(url, options) end

end

do -- client.v1.flows(sid).executions(sid).execution_context

---What the flow knows: the values of its widgets, of the trigger and of the contact.
---@class studio.v1.ExecutionContext
---@field account_sid? string
---@field context? any
---@field execution_sid? string
---@field flow_sid? string
---@field url? string
local Record = {}

---@param parameters? nil
---@param options? studio.CallOptions
---@return studio.v1.ExecutionContext? value
---@return studio.Error? err
function Record:fetch(parameters, options) end

---@class studio.v1.ExecutionContext.Handle
local Handle = {}

---@param parameters? nil
---@param options? studio.CallOptions
---@return studio.v1.ExecutionContext? value
---@return studio.Error? err
function Handle:fetch(parameters, options) end

end

do -- client.v1.flows(sid).executions(sid).steps

---The widgets that a contact went through, the newest first. They are deleted with the Execution, and after 30 days.
---@class studio.v1.ExecutionStep
---@field sid? string
---@field account_sid? string
---@field context? any
---@field date_created? string
---@field date_updated? string
---@field execution_sid? string
---@field flow_sid? string
---@field links? table<string, string>
---@field name? string
---@field parent_step_sid? string
---@field transitioned_from? string
---@field transitioned_to? string
---@field type? string
---@field url? string
---@field step_context studio.v1.ExecutionStepStepContext.Handle
local Record = {}

---@param parameters? nil
---@param options? studio.CallOptions
---@return studio.v1.ExecutionStep? value
---@return studio.Error? err
function Record:fetch(parameters, options) end

---@class studio.v1.ExecutionStep.Handle
---@field step_context studio.v1.ExecutionStepStepContext.Handle
local Handle = {}

---@param parameters? nil
---@param options? studio.CallOptions
---@return studio.v1.ExecutionStep? value
---@return studio.Error? err
function Handle:fetch(parameters, options) end

---@class studio.v1.ExecutionStep.Collection
---@overload fun(sid: string): studio.v1.ExecutionStep.Handle
local Collection = {}

---@class studio.v1.ExecutionStep.ListParameters: studio.ListParameters

---@class studio.v1.ExecutionStep.Page
---@field items studio.v1.ExecutionStep[] the records
---@field meta table what the service says of the page
---@field next_page_url? string
---@field previous_page_url? string
local Page = {}

---@return studio.v1.ExecutionStep.Page? page nil where there is none
---@return studio.Error? err
function Page:next() end

---@return studio.v1.ExecutionStep.Page? page nil where there is none
---@return studio.Error? err
function Page:previous() end

---@param parameters? studio.v1.ExecutionStep.ListParameters
---@param options? studio.CallOptions
---@return studio.v1.ExecutionStep[]? value
---@return studio.Error? err
function Collection:list(parameters, options) end

---@param parameters? studio.v1.ExecutionStep.ListParameters
---@param options? studio.CallOptions
---@return fun(): studio.v1.ExecutionStep iterator; raises a studio.Error
function Collection:each(parameters, options) end

---@param parameters? studio.v1.ExecutionStep.ListParameters
---@param options? studio.CallOptions
---@return fun(): studio.v1.ExecutionStep.Page iterator; raises a studio.Error
function Collection:pages(parameters, options) end

---@param parameters? studio.v1.ExecutionStep.ListParameters
---@param options? studio.CallOptions
---@return studio.v1.ExecutionStep.Page? value
---@return studio.Error? err
function Collection:page(parameters, options) end

---@param url string a saved `next_page_url`
---@param options? studio.CallOptions
---@return studio.v1.ExecutionStep.Page? value
---@return studio.Error? err
function Collection:page_at(url, options) end

end

do -- client.v1.flows(sid).executions(sid).steps(sid).step_context

---What the flow knew when the contact left the widget.
---@class studio.v1.ExecutionStepStepContext
---@field account_sid? string
---@field context? any
---@field execution_sid? string
---@field flow_sid? string
---@field step_sid? string
---@field url? string
local Record = {}

---@param parameters? nil
---@param options? studio.CallOptions
---@return studio.v1.ExecutionStepStepContext? value
---@return studio.Error? err
function Record:fetch(parameters, options) end

---@class studio.v1.ExecutionStepStepContext.Handle
local Handle = {}

---@param parameters? nil
---@param options? studio.CallOptions
---@return studio.v1.ExecutionStepStepContext? value
---@return studio.Error? err
function Handle:fetch(parameters, options) end

end

---Studio v2
---@class studio.v2
---@field flows studio.v2.Flow.Collection

do -- client.v2.flows

---@class studio.v2.Flow.CreateParameters
---@field friendly_name string The name that people see.
---@field status "draft"|"published" `published`: it runs for everybody; `draft`: for the test users alone.
---@field definition table|string The flow itself: a table as `fetch` gives it, or JSON as a string.
---@field commit_message? string What this revision changes.
---@field author_sid? string Who changed it.

---@class studio.v2.Flow.ValidateParameters
---@field friendly_name string The name that people see.
---@field status "draft"|"published" `published`: it runs for everybody; `draft`: for the test users alone.
---@field definition table|string The flow itself: a table as `fetch` gives it, or JSON as a string.
---@field commit_message? string What this revision changes.

---@class studio.v2.Flow.UpdateParameters
---@field status "draft"|"published" `published`: it runs for everybody; `draft`: for the test users alone.
---@field friendly_name? string The name that people see.
---@field definition? table|string The flow itself: a table as `fetch` gives it, or JSON as a string.
---@field commit_message? string What this revision changes.
---@field author_sid? string Who changed it.

---The account's flows with their definitions, which a list leaves out.
---@class studio.v2.Flow
---@field sid? string
---@field account_sid? string
---@field author_sid? string
---@field commit_message? string
---@field date_created? string
---@field date_updated? string
---@field definition? any
---@field errors? any
---@field friendly_name? string
---@field links? table<string, string>
---@field revision? integer
---@field status? string
---@field url? string
---@field valid? boolean
---@field warnings? any
---@field webhook_url? string
---@field executions studio.v2.Execution.Collection
---@field revisions studio.v2.Revision.Collection
---@field test_users studio.v2.TestUsers.Handle
local Record = {}

---@param parameters? nil
---@param options? studio.CallOptions
---@return studio.v2.Flow? value
---@return studio.Error? err
function Record:fetch(parameters, options) end

---@param parameters studio.v2.Flow.UpdateParameters
---@param options? studio.CallOptions
---@return studio.v2.Flow? value
---@return studio.Error? err
function Record:update(parameters, options) end

---@param parameters? nil
---@param options? studio.CallOptions
---@return true? deleted
---@return studio.Error? err
function Record:delete(parameters, options) end

---@class studio.v2.Flow.Handle
---@field executions studio.v2.Execution.Collection
---@field revisions studio.v2.Revision.Collection
---@field test_users studio.v2.TestUsers.Handle
local Handle = {}

---@param parameters? nil
---@param options? studio.CallOptions
---@return studio.v2.Flow? value
---@return studio.Error? err
function Handle:fetch(parameters, options) end

---@param parameters studio.v2.Flow.UpdateParameters
---@param options? studio.CallOptions
---@return studio.v2.Flow? value
---@return studio.Error? err
function Handle:update(parameters, options) end

---@param parameters? nil
---@param options? studio.CallOptions
---@return true? deleted
---@return studio.Error? err
function Handle:delete(parameters, options) end

---@class studio.v2.Flow.Collection
---@overload fun(sid: string): studio.v2.Flow.Handle
local Collection = {}

---@param parameters studio.v2.Flow.CreateParameters
---@param options? studio.CallOptions
---@return studio.v2.Flow? value
---@return studio.Error? err
function Collection:create(parameters, options) end

---@param parameters studio.v2.Flow.ValidateParameters
---@param options? studio.CallOptions
---@return { valid: boolean }? value
---@return studio.Error? err
function Collection:validate(parameters, options) end

---@class studio.v2.Flow.ListParameters: studio.ListParameters

---@class studio.v2.Flow.Page
---@field items studio.v2.Flow[] the records
---@field meta table what the service says of the page
---@field next_page_url? string
---@field previous_page_url? string
local Page = {}

---@return studio.v2.Flow.Page? page nil where there is none
---@return studio.Error? err
function Page:next() end

---@return studio.v2.Flow.Page? page nil where there is none
---@return studio.Error? err
function Page:previous() end

---@param parameters? studio.v2.Flow.ListParameters
---@param options? studio.CallOptions
---@return studio.v2.Flow[]? value
---@return studio.Error? err
function Collection:list(parameters, options) end

---@param parameters? studio.v2.Flow.ListParameters
---@param options? studio.CallOptions
---@return fun(): studio.v2.Flow iterator; raises a studio.Error
function Collection:each(parameters, options) end

---@param parameters? studio.v2.Flow.ListParameters
---@param options? studio.CallOptions
---@return fun(): studio.v2.Flow.Page iterator; raises a studio.Error
function Collection:pages(parameters, options) end

---@param parameters? studio.v2.Flow.ListParameters
---@param options? studio.CallOptions
---@return studio.v2.Flow.Page? value
---@return studio.Error? err
function Collection:page(parameters, options) end

---@param url string a saved `next_page_url`
---@param options? studio.CallOptions
---@return studio.v2.Flow.Page? value
---@return studio.Error? err
function Collection:page_at(url, options) end

end

do -- client.v2.flows(sid).executions

---@class studio.v2.Execution.CreateParameters
---@field to string The contact: a telephone number in E.164 form, or another address of its channel.
---@field from string The account's own number or address, or a Messaging Service SID for SMS.
---@field parameters? table|string What the flow reads as `flow.data`: a table, or JSON as a string.

---@class studio.v2.Execution.UpdateParameters
---@field status "active"|"ended" `ended` ends it.

---Runs of the flow, each for one contact, which has at most one that is active. The service deletes them after 30 days.
---@class studio.v2.Execution
---@field sid? string
---@field account_sid? string
---@field contact_channel_address? string
---@field contact_sid? string
---@field context? any
---@field date_created? string
---@field date_updated? string
---@field flow_sid? string
---@field flow_version? integer
---@field initiated_by? string
---@field links? table<string, string>
---@field status? string
---@field url? string
---@field execution_context studio.v2.ExecutionContext.Handle
---@field steps studio.v2.ExecutionStep.Collection
local Record = {}

---@param parameters? nil
---@param options? studio.CallOptions
---@return studio.v2.Execution? value
---@return studio.Error? err
function Record:fetch(parameters, options) end

---@param parameters studio.v2.Execution.UpdateParameters
---@param options? studio.CallOptions
---@return studio.v2.Execution? value
---@return studio.Error? err
function Record:update(parameters, options) end

---@param parameters? nil
---@param options? studio.CallOptions
---@return true? deleted
---@return studio.Error? err
function Record:delete(parameters, options) end

---@class studio.v2.Execution.Handle
---@field execution_context studio.v2.ExecutionContext.Handle
---@field steps studio.v2.ExecutionStep.Collection
local Handle = {}

---@param parameters? nil
---@param options? studio.CallOptions
---@return studio.v2.Execution? value
---@return studio.Error? err
function Handle:fetch(parameters, options) end

---@param parameters studio.v2.Execution.UpdateParameters
---@param options? studio.CallOptions
---@return studio.v2.Execution? value
---@return studio.Error? err
function Handle:update(parameters, options) end

---@param parameters? nil
---@param options? studio.CallOptions
---@return true? deleted
---@return studio.Error? err
function Handle:delete(parameters, options) end

---@class studio.v2.Execution.Collection
---@overload fun(sid: string): studio.v2.Execution.Handle
local Collection = {}

---@param parameters studio.v2.Execution.CreateParameters
---@param options? studio.CallOptions
---@return studio.v2.Execution? value
---@return studio.Error? err
function Collection:create(parameters, options) end

---@class studio.v2.Execution.ListParameters: studio.ListParameters
---@field status? "active"|"ended" Only those that are active, or that have ended.
---@field date_created_from? string|number Only those created at or after this moment.
---@field date_created_to? string|number Only those created before this moment.

---@class studio.v2.Execution.Page
---@field items studio.v2.Execution[] the records
---@field meta table what the service says of the page
---@field next_page_url? string
---@field previous_page_url? string
local Page = {}

---@return studio.v2.Execution.Page? page nil where there is none
---@return studio.Error? err
function Page:next() end

---@return studio.v2.Execution.Page? page nil where there is none
---@return studio.Error? err
function Page:previous() end

---@param parameters? studio.v2.Execution.ListParameters
---@param options? studio.CallOptions
---@return studio.v2.Execution[]? value
---@return studio.Error? err
function Collection:list(parameters, options) end

---@param parameters? studio.v2.Execution.ListParameters
---@param options? studio.CallOptions
---@return fun(): studio.v2.Execution iterator; raises a studio.Error
function Collection:each(parameters, options) end

---@param parameters? studio.v2.Execution.ListParameters
---@param options? studio.CallOptions
---@return fun(): studio.v2.Execution.Page iterator; raises a studio.Error
function Collection:pages(parameters, options) end

---@param parameters? studio.v2.Execution.ListParameters
---@param options? studio.CallOptions
---@return studio.v2.Execution.Page? value
---@return studio.Error? err
function Collection:page(parameters, options) end

---@param url string a saved `next_page_url`
---@param options? studio.CallOptions
---@return studio.v2.Execution.Page? value
---@return studio.Error? err
function Collection:page_at(url, options) end

end

do -- client.v2.flows(sid).executions(sid).execution_context

---What the flow knows: the values of its widgets, of the trigger and of the contact.
---@class studio.v2.ExecutionContext
---@field account_sid? string
---@field context? any
---@field execution_sid? string
---@field flow_sid? string
---@field url? string
local Record = {}

---@param parameters? nil
---@param options? studio.CallOptions
---@return studio.v2.ExecutionContext? value
---@return studio.Error? err
function Record:fetch(parameters, options) end

---@class studio.v2.ExecutionContext.Handle
local Handle = {}

---@param parameters? nil
---@param options? studio.CallOptions
---@return studio.v2.ExecutionContext? value
---@return studio.Error? err
function Handle:fetch(parameters, options) end

end

do -- client.v2.flows(sid).executions(sid).steps

---The widgets that a contact went through, the newest first. They are deleted with the Execution, and after 30 days.
---@class studio.v2.ExecutionStep
---@field sid? string
---@field account_sid? string
---@field context? any
---@field date_created? string
---@field date_updated? string
---@field execution_sid? string
---@field flow_sid? string
---@field links? table<string, string>
---@field name? string
---@field parent_step_sid? string
---@field transitioned_from? string
---@field transitioned_to? string
---@field type? string
---@field url? string
---@field step_context studio.v2.ExecutionStepStepContext.Handle
local Record = {}

---@param parameters? nil
---@param options? studio.CallOptions
---@return studio.v2.ExecutionStep? value
---@return studio.Error? err
function Record:fetch(parameters, options) end

---@class studio.v2.ExecutionStep.Handle
---@field step_context studio.v2.ExecutionStepStepContext.Handle
local Handle = {}

---@param parameters? nil
---@param options? studio.CallOptions
---@return studio.v2.ExecutionStep? value
---@return studio.Error? err
function Handle:fetch(parameters, options) end

---@class studio.v2.ExecutionStep.Collection
---@overload fun(sid: string): studio.v2.ExecutionStep.Handle
local Collection = {}

---@class studio.v2.ExecutionStep.ListParameters: studio.ListParameters

---@class studio.v2.ExecutionStep.Page
---@field items studio.v2.ExecutionStep[] the records
---@field meta table what the service says of the page
---@field next_page_url? string
---@field previous_page_url? string
local Page = {}

---@return studio.v2.ExecutionStep.Page? page nil where there is none
---@return studio.Error? err
function Page:next() end

---@return studio.v2.ExecutionStep.Page? page nil where there is none
---@return studio.Error? err
function Page:previous() end

---@param parameters? studio.v2.ExecutionStep.ListParameters
---@param options? studio.CallOptions
---@return studio.v2.ExecutionStep[]? value
---@return studio.Error? err
function Collection:list(parameters, options) end

---@param parameters? studio.v2.ExecutionStep.ListParameters
---@param options? studio.CallOptions
---@return fun(): studio.v2.ExecutionStep iterator; raises a studio.Error
function Collection:each(parameters, options) end

---@param parameters? studio.v2.ExecutionStep.ListParameters
---@param options? studio.CallOptions
---@return fun(): studio.v2.ExecutionStep.Page iterator; raises a studio.Error
function Collection:pages(parameters, options) end

---@param parameters? studio.v2.ExecutionStep.ListParameters
---@param options? studio.CallOptions
---@return studio.v2.ExecutionStep.Page? value
---@return studio.Error? err
function Collection:page(parameters, options) end

---@param url string a saved `next_page_url`
---@param options? studio.CallOptions
---@return studio.v2.ExecutionStep.Page? value
---@return studio.Error? err
function Collection:page_at(url, options) end

end

do -- client.v2.flows(sid).executions(sid).steps(sid).step_context

---What the flow knew when the contact left the widget.
---@class studio.v2.ExecutionStepStepContext
---@field account_sid? string
---@field context? any
---@field execution_sid? string
---@field flow_sid? string
---@field step_sid? string
---@field url? string
local Record = {}

---@param parameters? nil
---@param options? studio.CallOptions
---@return studio.v2.ExecutionStepStepContext? value
---@return studio.Error? err
function Record:fetch(parameters, options) end

---@class studio.v2.ExecutionStepStepContext.Handle
local Handle = {}

---@param parameters? nil
---@param options? studio.CallOptions
---@return studio.v2.ExecutionStepStepContext? value
---@return studio.Error? err
function Handle:fetch(parameters, options) end

end

do -- client.v2.flows(sid).revisions

---Every state that the flow was saved in, the newest first. A list leaves the definitions out.
---@class studio.v2.Revision
---@field sid? string
---@field account_sid? string
---@field author_sid? string
---@field commit_message? string
---@field date_created? string
---@field date_updated? string
---@field definition? any
---@field errors? any
---@field friendly_name? string
---@field revision? integer
---@field status? string
---@field url? string
---@field valid? boolean
local Record = {}

---@param parameters? nil
---@param options? studio.CallOptions
---@return studio.v2.Revision? value
---@return studio.Error? err
function Record:fetch(parameters, options) end

---@class studio.v2.Revision.Handle
local Handle = {}

---@param parameters? nil
---@param options? studio.CallOptions
---@return studio.v2.Revision? value
---@return studio.Error? err
function Handle:fetch(parameters, options) end

---@class studio.v2.Revision.Collection
---@overload fun(revision: integer|"LatestPublished"|"LatestRevision"): studio.v2.Revision.Handle
local Collection = {}

---@class studio.v2.Revision.ListParameters: studio.ListParameters

---@class studio.v2.Revision.Page
---@field items studio.v2.Revision[] the records
---@field meta table what the service says of the page
---@field next_page_url? string
---@field previous_page_url? string
local Page = {}

---@return studio.v2.Revision.Page? page nil where there is none
---@return studio.Error? err
function Page:next() end

---@return studio.v2.Revision.Page? page nil where there is none
---@return studio.Error? err
function Page:previous() end

---@param parameters? studio.v2.Revision.ListParameters
---@param options? studio.CallOptions
---@return studio.v2.Revision[]? value
---@return studio.Error? err
function Collection:list(parameters, options) end

---@param parameters? studio.v2.Revision.ListParameters
---@param options? studio.CallOptions
---@return fun(): studio.v2.Revision iterator; raises a studio.Error
function Collection:each(parameters, options) end

---@param parameters? studio.v2.Revision.ListParameters
---@param options? studio.CallOptions
---@return fun(): studio.v2.Revision.Page iterator; raises a studio.Error
function Collection:pages(parameters, options) end

---@param parameters? studio.v2.Revision.ListParameters
---@param options? studio.CallOptions
---@return studio.v2.Revision.Page? value
---@return studio.Error? err
function Collection:page(parameters, options) end

---@param url string a saved `next_page_url`
---@param options? studio.CallOptions
---@return studio.v2.Revision.Page? value
---@return studio.Error? err
function Collection:page_at(url, options) end

end

do -- client.v2.flows(sid).test_users

---@class studio.v2.TestUsers.UpdateParameters
---@field test_users string[] All of them, in place of those before; `{}` for none.

---The contacts for whom the draft of the flow runs.
---@class studio.v2.TestUsers
---@field sid? string
---@field test_users? string[]
---@field url? string
local Record = {}

---@param parameters? nil
---@param options? studio.CallOptions
---@return studio.v2.TestUsers? value
---@return studio.Error? err
function Record:fetch(parameters, options) end

---@param parameters studio.v2.TestUsers.UpdateParameters
---@param options? studio.CallOptions
---@return studio.v2.TestUsers? value
---@return studio.Error? err
function Record:update(parameters, options) end

---@class studio.v2.TestUsers.Handle
local Handle = {}

---@param parameters? nil
---@param options? studio.CallOptions
---@return studio.v2.TestUsers? value
---@return studio.Error? err
function Handle:fetch(parameters, options) end

---@param parameters studio.v2.TestUsers.UpdateParameters
---@param options? studio.CallOptions
---@return studio.v2.TestUsers? value
---@return studio.Error? err
function Handle:update(parameters, options) end

end

---Flex v1
---@class studio.flex
---@field flex_flows studio.flex.FlexFlow.Collection

do -- client.flex.flex_flows

---@class studio.flex.FlexFlow.CreateParameters
---@field friendly_name string The name that people see.
---@field chat_service_sid string The chat service of its conversations.
---@field channel_type "web"|"sms"|"facebook"|"whatsapp"|"line"|"custom" Where its contacts come from.
---@field contact_identity? string The number or address that contacts write to.
---@field enabled? boolean Whether it takes contacts.
---@field integration_type? "studio"|"external"|"task" Where its messages go.
---@field integration? studio.flex.FlexFlow.CreateParameters.Integration What the integration needs.
---@field long_lived? boolean Whether a contact keeps its conversation.
---@field janitor_enabled? boolean Whether conversations are cleaned up with their tasks.

---@class studio.flex.FlexFlow.CreateParameters.Integration
---@field flow_sid? string The Studio flow; for `studio`.
---@field url? string The webhook; for `external`.
---@field workspace_sid? string The TaskRouter workspace; for `task`.
---@field workflow_sid? string The TaskRouter workflow; for `task`.
---@field channel? string The task channel; for `task`, `default` unless given.
---@field timeout? integer Seconds; for `task`, 86400 unless given.
---@field priority? integer For `task`, 0 unless given.
---@field creation_on_message? boolean Whether to wait for a message of the contact.
---@field retry_count? integer For `studio` and `external`, 3 unless given.

---@class studio.flex.FlexFlow.UpdateParameters
---@field friendly_name? string The name that people see.
---@field chat_service_sid? string The chat service of its conversations.
---@field channel_type? "web"|"sms"|"facebook"|"whatsapp"|"line"|"custom" Where its contacts come from.
---@field contact_identity? string The number or address that contacts write to.
---@field enabled? boolean Whether it takes contacts.
---@field integration_type? "studio"|"external"|"task" Where its messages go.
---@field integration? studio.flex.FlexFlow.UpdateParameters.Integration What the integration needs.
---@field long_lived? boolean Whether a contact keeps its conversation.
---@field janitor_enabled? boolean Whether conversations are cleaned up with their tasks.

---@class studio.flex.FlexFlow.UpdateParameters.Integration
---@field flow_sid? string The Studio flow; for `studio`.
---@field url? string The webhook; for `external`.
---@field workspace_sid? string The TaskRouter workspace; for `task`.
---@field workflow_sid? string The TaskRouter workflow; for `task`.
---@field channel? string The task channel; for `task`, `default` unless given.
---@field timeout? integer Seconds; for `task`, 86400 unless given.
---@field priority? integer For `task`, 0 unless given.
---@field creation_on_message? boolean Whether to wait for a message of the contact.
---@field retry_count? integer For `studio` and `external`, 3 unless given.

---How contacts of a channel reach Flex. They exist in region us1 only.
---@class studio.flex.FlexFlow
---@field sid? string
---@field account_sid? string
---@field channel_type? string
---@field chat_service_sid? string
---@field contact_identity? string
---@field date_created? string
---@field date_updated? string
---@field enabled? boolean
---@field friendly_name? string
---@field integration? any
---@field integration_type? string
---@field janitor_enabled? boolean
---@field long_lived? boolean
---@field url? string
local Record = {}

---@param parameters? nil
---@param options? studio.CallOptions
---@return studio.flex.FlexFlow? value
---@return studio.Error? err
function Record:fetch(parameters, options) end

---@param parameters? studio.flex.FlexFlow.UpdateParameters
---@param options? studio.CallOptions
---@return studio.flex.FlexFlow? value
---@return studio.Error? err
function Record:update(parameters, options) end

---@param parameters? nil
---@param options? studio.CallOptions
---@return true? deleted
---@return studio.Error? err
function Record:delete(parameters, options) end

---@class studio.flex.FlexFlow.Handle
local Handle = {}

---@param parameters? nil
---@param options? studio.CallOptions
---@return studio.flex.FlexFlow? value
---@return studio.Error? err
function Handle:fetch(parameters, options) end

---@param parameters? studio.flex.FlexFlow.UpdateParameters
---@param options? studio.CallOptions
---@return studio.flex.FlexFlow? value
---@return studio.Error? err
function Handle:update(parameters, options) end

---@param parameters? nil
---@param options? studio.CallOptions
---@return true? deleted
---@return studio.Error? err
function Handle:delete(parameters, options) end

---@class studio.flex.FlexFlow.Collection
---@overload fun(sid: string): studio.flex.FlexFlow.Handle
local Collection = {}

---@param parameters studio.flex.FlexFlow.CreateParameters
---@param options? studio.CallOptions
---@return studio.flex.FlexFlow? value
---@return studio.Error? err
function Collection:create(parameters, options) end

---@class studio.flex.FlexFlow.ListParameters: studio.ListParameters
---@field friendly_name? string Only those of this name.

---@class studio.flex.FlexFlow.Page
---@field items studio.flex.FlexFlow[] the records
---@field meta table what the service says of the page
---@field next_page_url? string
---@field previous_page_url? string
local Page = {}

---@return studio.flex.FlexFlow.Page? page nil where there is none
---@return studio.Error? err
function Page:next() end

---@return studio.flex.FlexFlow.Page? page nil where there is none
---@return studio.Error? err
function Page:previous() end

---@param parameters? studio.flex.FlexFlow.ListParameters
---@param options? studio.CallOptions
---@return studio.flex.FlexFlow[]? value
---@return studio.Error? err
function Collection:list(parameters, options) end

---@param parameters? studio.flex.FlexFlow.ListParameters
---@param options? studio.CallOptions
---@return fun(): studio.flex.FlexFlow iterator; raises a studio.Error
function Collection:each(parameters, options) end

---@param parameters? studio.flex.FlexFlow.ListParameters
---@param options? studio.CallOptions
---@return fun(): studio.flex.FlexFlow.Page iterator; raises a studio.Error
function Collection:pages(parameters, options) end

---@param parameters? studio.flex.FlexFlow.ListParameters
---@param options? studio.CallOptions
---@return studio.flex.FlexFlow.Page? value
---@return studio.Error? err
function Collection:page(parameters, options) end

---@param url string a saved `next_page_url`
---@param options? studio.CallOptions
---@return studio.flex.FlexFlow.Page? value
---@return studio.Error? err
function Collection:page_at(url, options) end

end

return studio
