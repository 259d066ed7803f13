// The console of the local service: its flows, their runs as they go, and a telephone.
"use strict";

(function () {
  const html = studio.html;
  const INTERVAL = 1000;
  const page = document.getElementById("page");

  // -- The service ------------------------------------------------------------------------------------------------------------

  const fragment = new URLSearchParams(location.hash.slice(1));
  let token = fragment.get("token") || sessionStorage.getItem("token") || "";

  async function ask(door, input) {
    const answer = await fetch("/_emulator/" + door, { method: "POST", headers: { Authorization: "Bearer " + token },
      body: new URLSearchParams({ input: JSON.stringify(input) }), credentials: "omit", cache: "no-store" });
    const body = await answer.json();
    if (answer.ok) return body;
    const error = new Error(body.message || "status " + answer.status);
    error.status = answer.status;
    throw error;
  }

  // The token does not stay in the address, where it would be seen and copied.
  function noteAddress(flow, execution) {
    const words = new URLSearchParams();
    if (flow) words.set("flow", flow);
    if (execution) words.set("execution", execution);
    history.replaceState(null, "", location.pathname + (flow ? "#" + words : ""));
  }

  function askForToken(message) {
    const input = html("input", { type: "password", id: "token", "aria-label": "Token of the service", autocomplete: "off" });
    page.replaceChildren(html("form", { class: "gate", onsubmit: (event) => {
      event.preventDefault();
      token = input.value.trim();
      open();
    } }, html("h1", {}, "Studio console"), html("p", {},
      "What is shown here belongs to whoever started the local service. Its token is the part behind ",
      html("code", {}, "#token="), " of the console's address, or the field ", html("code", {}, "control_token"), " of the service."),
    message ? html("p", { class: "notice", role: "alert" }, message) : null, input, html("button", { class: "main" }, "Open")));
    input.focus();
  }

  // -- The page ---------------------------------------------------------------------------------------------------------------

  function build() {
    let flow = null;
    let revision = null;
    let picked = null;
    let run = null;
    let listed = "";
    let flowsListed = "";
    let timer = null;
    let asking = false;
    let again = false;

    const flows = html("select", { id: "flows", onchange: () => pickFlow(flows.value) });
    const revisions = html("select", { id: "revisions", onchange: () => showPicture(Number(revisions.value)) });
    const compared = html("select", { id: "compared", onchange: () => compare(compared.value ? Number(compared.value) : null) });
    const clock = html("span", { class: "hint", id: "clock", title: "The service's clock" });
    const trouble = html("span", { class: "notice", role: "alert", hidden: true });
    const list = html("ul", { class: "runs" });
    const count = html("span", { class: "badge" });
    const frame = studio.frame();
    const parts = studio.parts([["stage", "Canvas"], ["runs", "Runs"], ["telephone", "Telephone"], ["details", "Details"]], "stage");

    const telephone = studio.telephone({
      act: async (door, input) => {
        await ask(door, input);
        await watch();
      },
      start: async (kind, input) => {
        const begun = await ask(kind, { ...input, flow });
        if (begun.sid !== picked) pickRun(begun.sid);
        await watch();
      },
      transcript: async () => save((await ask("console/transcript", { flow, execution: picked })).text),
      leave: () => {
        pickRun(null);
        telephone.renew();
        watch();
      },
      eventsOf: (widget) => frame.eventsOf(widget),
    });

    const runs = html("section", { id: "runs", "aria-label": "Executions" },
      html("h2", { title: "Version 1 of the API calls them Engagements" }, "Executions", count), list);
    page.replaceChildren(html("header", { class: "bar live" }, html("h1", {}, "Studio console"), html("label", {}, "Flow", flows),
      html("label", {}, "Revision", revisions), html("label", {}, "against", compared), html("span", { class: "space" }), trouble, clock),
    html("main", { class: "three" }, html("div", { class: "left" }, runs, telephone.root), frame.stage, frame.side), parts.bar);

    // A file with a name made of the flow's.
    function save(text) {
      const name = flows.selectedOptions[0].textContent.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "flow";
      const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
      html("a", { href: url, download: name + ".transcript" }).click();
      setTimeout(() => URL.revokeObjectURL(url), 1000);
    }

    // -- Flows and their revisions ----------------------------------------------------------------------------------------------

    function listFlows(given) {
      const text = JSON.stringify(given.map((each) => [each.sid, each.name]));
      if (text === flowsListed) return;
      flowsListed = text;
      flows.replaceChildren(...given.map((each) => html("option", { value: each.sid }, each.name || each.sid)));
      if (flow && given.some((each) => each.sid === flow)) flows.value = flow;
      else if (given.length > 0) pickFlow((given.find((each) => each.sid === fragment.get("flow")) || given[0]).sid);
    }

    function listRevisions(shown) {
      revision = shown.revision;
      revisions.replaceChildren(...shown.revisions.slice().reverse().map((each) => html("option", { value: each.revision },
        `${each.revision} ${each.status}${each.message ? ": " + each.message.slice(0, 40) : ""}`)));
      revisions.value = revision;
      compared.replaceChildren(html("option", { value: "" }, "nothing"),
        ...shown.revisions.filter((each) => each.revision !== revision).reverse()
        .map((each) => html("option", { value: each.revision }, "revision " + each.revision)));
    }

    // A picture that comes when another flow is looked at already is not shown.
    async function showPicture(number) {
      const asked = flow;
      const shown = await ask("console/picture", { flow, revision: number || undefined });
      if (flow !== asked) return;
      listRevisions(shown);
      frame.show(shown.picture);
      if (run) showRun(true);
    }

    async function compare(number) {
      if (number === null) return showPicture(revision);
      const shown = await ask("console/compare", { flow, revision, with: number });
      frame.show(shown.picture);
      frame.panel.tabs.choose("Changes");
      if (run) showRun(true);
    }

    function pickFlow(sid) {
      flow = sid;
      flows.value = sid;
      pickRun(null);
      listed = "";
      showPicture().catch(report);
      watch();
    }

    // -- Executions -------------------------------------------------------------------------------------------------------------

    const WORDS = { incomingMessage: "message", incomingCall: "call", incomingRequest: "REST",
      incomingConversationMessage: "conversation" };

    function listRuns(given, total) {
      const text = JSON.stringify([picked, given]);
      if (text === listed) return;
      listed = text;
      count.textContent = String(total);
      const focused = list.contains(document.activeElement) ? document.activeElement.dataset.sid : null;
      list.replaceChildren(...given.map((each) => html("li", { "aria-current": each.sid === picked ? "true" : undefined },
        html("button", { type: "button", class: "row", "data-sid": each.sid, title: each.sid, onclick: () => {
          pickRun(each.sid);
          watch();
        } }, html("span", { class: "name" }, each.contact), html("span", { class: "status " + each.status }, each.status),
        html("span", { class: "type" }, `${WORDS[each.trigger] || each.trigger}, ${new Date(each.date * 1000).toLocaleString()}`)))));
      if (given.length === 0) list.append(html("li", { class: "hint" }, "None yet. Write something on the telephone."));
      if (focused) list.querySelector(`[data-sid="${focused}"]`)?.focus();
    }

    function pickRun(sid) {
      picked = sid;
      run = null;
      telephone.show(null, true);
      frame.panel.run(null);
      noteAddress(flow, sid);
      listed = "";
    }

    function title() {
      const words = { waiting: `Waits at ${run.waiting ? run.waiting.widget : "?"}`, ended: "Ended", stuck: "Stuck", running: "Runs" };
      return `${words[run.status] || run.status} after ${studio.count(run.steps.length, "step")} · ${run.sid}`;
    }

    function showRun(isSame) {
      const last = run.steps[run.steps.length - 1];
      const waitingAt = run.status === "ended" ? null : run.waiting ? run.waiting.widget : last && last.to;
      frame.panel.run({ title: title(), steps: run.steps, problems: run.problems, waitingAt }, isSame);
    }

    function takeRun(given) {
      if (given.same) return;
      const isNew = run === null || run.sid !== given.sid;
      const before = isNew ? { steps: [], history: [] } : run;
      run = given;
      run.steps = before.steps.slice(0, given.first_step - 1).concat(given.steps);
      run.history = before.history.concat(given.history);
      telephone.show(run, isNew);
      if (run.revision !== revision) {
        showPicture(run.revision).catch(report);
      } else {
        showRun(!isNew);
        if (isNew) frame.panel.tabs.choose("Steps");
      }
    }

    // -- As it goes -------------------------------------------------------------------------------------------------------------

    function report(error) {
      if (error.status === 401) {
        clearTimeout(timer);
        sessionStorage.removeItem("token");
        askForToken("That is not the token of this service.");
      } else {
        trouble.textContent = error.status ? error.message : "The service does not answer";
        trouble.hidden = false;
      }
    }

    // Asks what there is; one at a time, and once more when something has happened meanwhile.
    async function watch() {
      if (asking) {
        again = true;
        return;
      }
      asking = true;
      clearTimeout(timer);
      try {
        const asked = { flow, picked };
        const seen = run && run.sid === picked ? { steps: run.steps.length + 1, entries: run.entries + 1, mark: run.mark } : {};
        const given = await ask("console/watch", { flow, execution: picked || undefined, seen });
        trouble.hidden = true;
        clock.textContent = new Date(given.now * 1000).toLocaleString();
        telephone.tick(given.now);
        listFlows(given.flows);
        if (asked.flow === flow && given.executions) {
          const own = given.flows.find((each) => each.sid === flow);
          listRuns(given.executions, own ? own.executions : 0);
        }
        if (asked.picked === picked && given.run) takeRun(given.run);
      } catch (error) {
        report(error);
        if (error.status === 401) return;
      } finally {
        asking = false;
      }
      if (again) {
        again = false;
        await watch();
      } else {
        timer = setTimeout(() => (document.hidden ? null : watch()), INTERVAL);
      }
    }

    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) watch();
    });
    // A run that the address names is picked once its flow is.
    const wanted = fragment.get("execution");
    watch().then(() => {
      if (wanted && flow === fragment.get("flow")) {
        pickRun(wanted);
        watch();
      }
    });
  }

  function open() {
    if (!token) return askForToken();
    sessionStorage.setItem("token", token);
    noteAddress(fragment.get("flow"), fragment.get("execution"));
    build();
  }

  // An address with another token or flow is opened in place of the one that is shown.
  addEventListener("hashchange", () => location.reload());
  open();
})();
