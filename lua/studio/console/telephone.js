// The telephone of a contact: what it gets, and what it sends, presses, says; hanging up, time that passes, events of widgets.
"use strict";

(function () {
  const html = studio.html;

  // 5400 → "1 h 30 min".
  studio.duration = function (seconds) {
    const parts = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
    const words = [];
    for (const [size, unit] of parts) {
      const number = Math.floor(seconds / size);
      if (number > 0 && words.length < 2) words.push(`${number} ${unit}`);
      seconds -= number * size;
    }
    return words.join(" ") || "0 s";
  };

  const line = (text, kind) => html("li", { class: "line " + (kind || "") }, text);
  const bubble = (side, text, label) => html("li", { class: "bubble " + side }, label ? html("small", {}, label) : null, text);

  const SEEN = { message: null, say: "says", play: "plays", digits: "presses" };

  const entries = {
    output: (entry) => (entry.output in SEEN
      ? bubble("flow", entry.text, SEEN[entry.output])
      : line(`${entry.widget}: ${entry.output} ${entry.text || ""}`)),
    message: (entry) => bubble("contact", entry.text),
    digits: (entry) => bubble("contact", entry.text, "presses"),
    speech: (entry) => bubble("contact", entry.text, "says"),
    hangup: () => line("The contact hangs up"),
    pass: (entry) => line(studio.duration(entry.seconds) + " pass"),
    event: (entry) => line(`Event ${entry.text}`),
    request: (entry) => line(`${entry.text}${entry.answer ? " → " + entry.answer : ""}`),
  };

  function beginning(run) {
    if (run.trigger === "incomingCall") return [line(`${run.from} calls ${run.to}`)];
    if (run.trigger === "incomingRequest") return [line(`Started over REST${run.parameters ? " with " + run.parameters : ""}`)];
    return [bubble("contact", run.body || "(an empty message)")];
  }

  // Makes a telephone. `hooks`: `act(door, input)`, `start(kind, input)`, `transcript()`, `leave()`, `eventsOf(widget)`.
  studio.telephone = function (hooks) {
    const talk = html("ol", { class: "talk", "aria-live": "polite", "aria-label": "Conversation" });
    const heading = html("h2", {}, "Telephone");
    const state = html("p", { class: "hint" });
    const notice = html("p", { class: "notice", role: "alert", hidden: true });

    let run = null;
    let now = 0;
    let shown = 0;

    const field = (label, attributes) => {
      const input = html("input", { autocomplete: "off", ...attributes });
      return { input, label: html("label", {}, html("span", {}, label), input) };
    };
    const button = (label, action, attributes) => html("button", { type: "button", onclick: action, ...attributes }, label);

    function form(id, action, ...children) {
      const root = html("form", { id, onsubmit: (event) => {
        event.preventDefault();
        action();
      } }, ...children);
      return root;
    }

    // Shows what the service refuses.
    async function attempt(action) {
      notice.hidden = true;
      try {
        await action();
      } catch (error) {
        notice.textContent = error.message;
        notice.hidden = false;
      }
    }

    const contact = field("Contact", { id: "contact", value: "+15550001111", inputmode: "tel" });
    const service = field("Twilio number", { id: "service", value: "+15550002222", inputmode: "tel" });
    const who = html("div", { class: "who" }, contact.label, service.label);

    const isActive = () => run !== null && run.status !== "ended";
    const pair = () => (isActive()
      ? { from: run.contact, to: run.service }
      : { from: contact.input.value.trim(), to: service.input.value.trim() });

    const text = html("input", { id: "text", "aria-label": "Message", placeholder: "Message", autocomplete: "off" });
    const message = form("message", () => attempt(async () => {
      const body = text.value;
      text.value = "";
      await hooks.start("message", { ...pair(), body });
    }), text, html("button", { class: "main" }, "Send"));

    const said = html("input", { id: "said", "aria-label": "What the contact says", placeholder: "Say", autocomplete: "off" });
    const speech = form("speech", () => attempt(async () => {
      const words = said.value;
      said.value = "";
      await hooks.act("speech", { sid: run.sid, text: words });
    }), said, html("button", { class: "main" }, "Say"));

    const pressed = html("input", { id: "digits-text", "aria-label": "Digits", placeholder: "Digits", inputmode: "tel", pattern: "[0-9*#]+",
      autocomplete: "off" });
    const press = (digits) => attempt(() => hooks.act("digits", { sid: run.sid, text: digits }));
    const digits = form("digits", () => {
      press(pressed.value);
      pressed.value = "";
    }, html("div", { class: "pad", role: "group", "aria-label": "Keypad" }, ..."123456789*0#".split("").map((key) =>
      button(key, () => (pressed.value += key)))), html("div", { class: "pair" }, pressed, html("button", { class: "main" }, "Press")));

    const call = button("Call", () => attempt(() => hooks.start("call", pair())), { id: "call" });
    const hangup = button("Hang up", () => attempt(() => hooks.act("hangup", { sid: run.sid })), { id: "hangup", class: "danger" });

    const parameters = html("textarea", { id: "parameters", rows: 2, "aria-label": "Parameters as JSON" }, '{"first_name": "Zoe"}');
    const request = html("details", { id: "request" }, html("summary", {}, "Start over REST"),
      form("request-form", () => attempt(async () => {
      const given = pair();
      await hooks.start("console/request", { from: given.to, to: given.from, parameters: JSON.parse(parameters.value || "{}") });
    }), parameters, html("button", {}, "Start")));

    const pass = (seconds) => attempt(() => hooks.act("advance", { seconds }));
    const untilTimeout = button("Until it times out", () => pass(Math.max(1, run.due - now + 1)), { id: "until" });
    const time = html("div", { class: "time", role: "group", "aria-label": "Let time pass, for the whole service" },
      html("span", { class: "hint" }, "Time"),
      button("+1 min", () => pass(60)), button("+1 h", () => pass(3600)), untilTimeout);

    const events = html("select", { id: "events", "aria-label": "Event of the widget" });
    const data = html("input", { id: "event-data", "aria-label": "Data of the event as JSON", placeholder: '{"key": "value"}',
      autocomplete: "off" });
    const event = html("details", { id: "event" }, html("summary", {}, "Give an event"), form("event-form", () => attempt(async () => {
      await hooks.act("event", { sid: run.sid, name: events.value, data: data.value.trim() ? JSON.parse(data.value) : undefined });
      data.value = "";
    }), events, data, html("button", {}, "Give")));

    const transcript = button("Keep as transcript", () => attempt(hooks.transcript), { id: "transcript" });
    const another = button("New conversation", () => hooks.leave(), { id: "another" });

    const root = html("section", { id: "telephone", "aria-label": "Telephone" }, html("div", { class: "head" }, heading, another), state,
      who, talk, notice,
      message, speech, digits, html("div", { class: "row-of" }, call, hangup, transcript), time, event, request);

    function describe() {
      if (!run) return "Write or call, and the flow answers.";
      if (run.status === "ended") return `${run.contact}: ended`;
      if (run.status === "stuck") return `${run.contact}: stuck`;
      const waiting = run.waiting;
      if (!waiting) return `${run.contact}: ${run.status}`;
      const left = run.due ? `, times out in ${studio.duration(Math.max(0, run.due - now))}` : "";
      return `${run.contact}: waits at ${waiting.widget}${left}${waiting.needs ? `. It needs: ${waiting.needs}` : ""}`;
    }

    function showControls() {
      const active = isActive();
      const takes = (active && run.takes) || {};
      const isCall = active && run.trigger === "incomingCall";
      state.textContent = describe();
      who.hidden = active;
      message.hidden = isCall && !takes.message;
      text.disabled = message.lastChild.disabled = active && !takes.message;
      speech.hidden = !takes.speech;
      digits.hidden = !takes.digits;
      call.hidden = active;
      hangup.hidden = !takes.hangup;
      request.hidden = active;
      event.hidden = !(active && run.waiting);
      untilTimeout.hidden = !(active && run.due);
      transcript.hidden = another.hidden = !run;
      if (!event.hidden) {
        const names = hooks.eventsOf(run.waiting.widget);
        if (names.join() !== [...events.options].map((option) => option.value).join()) {
          events.replaceChildren(...names.map((name) => html("option", { value: name }, name)));
          event.open = Boolean(run.waiting.needs);
        }
      }
    }

    function showTalk(isNew) {
      if (isNew) {
        talk.replaceChildren(...(run ? beginning(run) : []));
        shown = 0;
      }
      if (!run) return;
      for (const old of talk.querySelectorAll(".last")) old.remove();
      for (; shown < run.history.length; shown++) {
        const entry = run.history[shown];
        if (entry.kind in entries) talk.append(entries[entry.kind](entry));
      }
      for (const problem of run.problems) {
        talk.append(line(`${problem.code || "Problem"} at ${problem.widget || "the flow"}: ${problem.message}`, "last problem"));
      }
      if (run.status === "ended") talk.append(line("The Execution has ended", "last"));
      if (run.status === "stuck") talk.append(line("The Execution is stuck", "last"));
      talk.scrollTop = talk.scrollHeight;
    }

    showControls();
    return {
      root,
      // Shows a run, or none; `isNew`: another one than before.
      show(given, isNew) {
        run = given;
        if (isNew) notice.hidden = true;
        showTalk(isNew);
        showControls();
      },
      tick(time) {
        now = time;
        state.textContent = describe();
      },
      // A number that nobody has used yet.
      renew() {
        contact.input.value = "+1555000" + String(Math.floor(1000 + Math.random() * 9000));
        text.focus();
      },
    };
  };
})();
