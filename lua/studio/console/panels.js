// What stands beside the canvas: the widgets, the steps of a run with their contexts, findings and changes; and the frame around all that.
"use strict";

(function () {
  const html = studio.html;
  const MOST_LISTED = 500;

  // Tabs by the pattern of the WAI: arrow keys go from one to the next.
  studio.tabs = function (label, names, chosen) {
    const buttons = new Map();
    const bodies = new Map();
    const list = html("div", { class: "tabs", role: "tablist", "aria-label": label });
    const root = html("div", { class: "tabbed" }, list);
    let current = null;

    function choose(name, isFocused) {
      current = name;
      for (const [each, button] of buttons) {
        button.setAttribute("aria-selected", each === name);
        button.tabIndex = each === name ? 0 : -1;
        bodies.get(each).hidden = each !== name;
      }
      if (isFocused) buttons.get(name).focus();
      if (chosen) chosen(name);
    }

    names.forEach((name, number) => {
      const id = "tab-" + name.toLowerCase();
      const button = html("button", { type: "button", role: "tab", id, "aria-controls": id + "-body", onclick: () => choose(name) }, name);
      button.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (step) choose(names[(number + step + names.length) % names.length], true);
      });
      const body = html("div", { class: "tab-body", role: "tabpanel", id: id + "-body", "aria-labelledby": id, tabindex: 0 });
      buttons.set(name, button);
      bodies.set(name, body);
      list.append(button);
      root.append(body);
    });
    choose(names[0]);
    return {
      root, choose,
      body: (name) => bodies.get(name),
      get current() { return current; },
      hide: (name) => (buttons.get(name).hidden = true),
      // What stands behind the name of a tab, such as a number.
      note(name, text) { buttons.get(name).replaceChildren(name, ...(text ? [html("span", { class: "badge" }, String(text))] : [])); },
    };
  };

  function value(text) {
    return html("code", { class: "value" }, studio.show(text));
  }

  function pairs(list) {
    const rows = html("dl", { class: "pairs" });
    for (const [name, content] of list) rows.append(html("dt", {}, name), html("dd", {}, value(content)));
    return rows;
  }

  function findingItem(finding, widgetButton) {
    return html("li", { class: "finding " + finding.level }, html("strong", {}, finding.level), " ", widgetButton,
      html("span", { class: "message" }, finding.message), html("small", {}, finding.rule || ""));
  }

  function changeItem(change, widgetButton) {
    const words = { add: "added", remove: "removed", change: "changed", rename: "renamed" };
    const item = html("li", { class: "change " + change.op }, html("strong", {}, words[change.op] || change.op), " ", widgetButton,
      html("span", { class: "path" }, change.path));
    if (change.from !== undefined) item.append(html("del", { "aria-label": "old" }, value(change.from)));
    if (change.to !== undefined) item.append(html("ins", { "aria-label": "new" }, value(change.to)));
    if (change.note) item.append(html("small", {}, change.note));
    return item;
  }

  // The panel beside a canvas. `hooks.pick(name)` is called for a widget that the user picks here.
  studio.panel = function (canvas, hooks) {
    const names = ["Widgets", "Steps", "Findings", "Changes"];
    // What a tab shows is made when it is seen.
    const due = new Map();
    function render(name) {
      const make = due.get(name);
      due.delete(name);
      if (make) make();
    }
    function renew(name, make) {
      due.set(name, make);
      if (tabs.current === name) render(name);
    }
    const tabs = studio.tabs("Details", names, render);
    let picture = { nodes: [], edges: [], findings: [] };
    let byName = new Map();
    let selected = null;
    let filter = "";
    let run = null;
    let step = null;

    function pickButton(name) {
      return name ? html("button", { type: "button", class: "link", onclick: () => hooks.pick(name) }, name) : null;
    }

    // -- Widgets --------------------------------------------------------------------------------------------------------------

    function listWidgets(most = MOST_LISTED) {
      const words = filter.toLowerCase();
      const found = picture.nodes.filter((node) => (node.label + " " + (node.type || "")).toLowerCase().includes(words));
      const list = html("ul", { class: "widgets" });
      for (const node of found.slice(0, most)) {
        list.append(html("li", {}, html("button", { type: "button", class: "row g-" + node.group, onclick: () => hooks.pick(node.name) },
          html("span", { class: "name" }, node.label), html("span", { class: "type" }, node.type || ""))));
      }
      tabs.body("Widgets").replaceChildren(html("p", { class: "hint" }, filter ? `${studio.count(found.length, "widget")} with “${filter}”`
        : picture.description || studio.count(found.length, "widget")), list);
      if (found.length > most) {
        tabs.body("Widgets").append(html("button", { type: "button", onclick: () => listWidgets(Infinity) },
          `${found.length - most} more`));
      }
      return found;
    }

    function showWidget(node) {
      const findings = picture.findings.filter((finding) => finding.widget === node.name);
      const problems = run ? run.problems.filter((problem) => problem.widget === node.name) : [];
      const changes = (picture.changes || []).filter((change) => change.widget === node.name);
      const body = tabs.body("Widgets");
      body.replaceChildren(
        html("button", { type: "button", class: "link back", onclick: () => hooks.pick(null) }, "‹ All widgets"),
        html("h2", {}, node.label), html("p", { class: "hint" }, node.type || node.group));
      if (problems.length > 0) body.append(html("ul", { class: "list" }, ...problems.map((problem) => problemItem(problem))));
      if (findings.length > 0) body.append(html("ul", { class: "list" }, ...findings.map((finding) => findingItem(finding))));
      if (changes.length > 0) body.append(html("h3", {}, "Changes"),
        html("ul", { class: "list" }, ...changes.map((change) => changeItem(change))));
      const properties = Object.entries(node.properties || {});
      if (properties.length > 0) body.append(html("h3", {}, "Properties"), pairs(properties));
      const ways = html("ul", { class: "ways" });
      for (const edge of canvas.edgesOf(node.name)) {
        ways.append(html("li", { class: edge.change }, html("span", { class: "event" }, edge.label), " → ", pickButton(edge.to),
          edge.count > 0 ? html("span", { class: "badge" }, edge.count + "×") : null));
      }
      for (const way of node.open) ways.append(html("li", { class: "open" }, html("span", { class: "event" }, way.label),
        " → nothing follows"));
      if (ways.firstChild) body.append(html("h3", {}, "Transitions"), ways);
    }

    function showSelected() {
      renew("Widgets", drawSelected);
    }

    function drawSelected() {
      const node = selected !== null && byName.get(selected);
      if (node) showWidget(node);
      else listWidgets();
    }

    // -- Steps ----------------------------------------------------------------------------------------------------------------

    function problemItem(problem, button) {
      return html("li", { class: "finding error" }, html("strong", {}, problem.code ? String(problem.code) : "problem"), " ", button,
        html("span", { class: "message" }, problem.message));
    }

    function contextAt(number) {
      let context = {};
      for (const each of run.steps.slice(0, number)) if (each.added) context = studio.contextAfter(context, each.added);
      return context;
    }

    function stepDetails(number) {
      const { added, from } = run.steps[number - 1];
      const problems = run.problems.filter((problem) => problem.widget === from).map((problem) => problemItem(problem));
      const list = problems.length > 0 ? html("ul", { class: "list" }, ...problems) : null;
      if (!added) return html("div", { class: "step-body" }, list,
        html("p", { class: "hint" }, "The context of this step is not at hand."));
      const leaves = studio.leaves(added.set, "", []);
      const whole = html("details", {}, html("summary", {}, "Whole context after this step"));
      whole.addEventListener("toggle", () => {
        if (whole.open && whole.childNodes.length === 1) whole.append(html("pre", { class: "value" }, studio.show(contextAt(number))));
      });
      return html("div", { class: "step-body" }, list,
        html("h3", {}, leaves.length > 0 ? "What it added to the context" : "It added nothing to the context"),
        leaves.length > 0 ? pairs(leaves) : null,
        added.gone ? html("p", {}, "Gone: " + added.gone.map((way) => way.split("\0").join(".")).join(", ")) : null, whole);
    }

    function stepItem(each, number) {
      const isChosen = number === step;
      const button = html("button", { type: "button", class: "row step", "aria-expanded": isChosen,
        onclick: () => chooseStep(isChosen ? null : number) },
        html("span", { class: "number" }, String(number)),
        html("span", { class: "name" }, each.from || "?"), html("span", { class: "event" }, each.event || "?"),
        html("span", { class: "name" }, "→ " + (each.to || "?")), each.parent ? html("span", { class: "type" }, "in a sub-flow") : null);
      return html("li", { "aria-current": isChosen ? "step" : undefined }, button, isChosen ? stepDetails(number) : null);
    }

    function chooseStep(number) {
      step = number;
      drawPath();
      showSteps();
      const each = number && run.steps[number - 1];
      if (each && !each.parent) hooks.point(each.to !== "Ended" && byName.has(each.to) ? each.to : each.from);
      const button = tabs.body("Steps").querySelector("[aria-expanded=true]");
      if (button) button.focus();
    }

    function showSteps() {
      renew("Steps", drawSteps);
    }

    function drawSteps() {
      const body = tabs.body("Steps");
      if (!run) {
        body.replaceChildren(html("p", { class: "hint" }, "No run is shown."));
        return;
      }
      const problems = run.problems.length > 0
        ? html("ul", { class: "list" }, ...run.problems.map((problem) => problemItem(problem, pickButton(problem.widget)))) : null;
      body.replaceChildren(html("p", { class: "hint" }, run.title || studio.count(run.steps.length, "step")), problems || "",
        html("ol", { class: "steps" }, ...run.steps.map((each, number) => stepItem(each, number + 1))));
    }

    function drawPath() {
      canvas.path(run && run.steps, step === null ? undefined : step, run && step === null ? run.waitingAt : null);
    }

    return {
      root: tabs.root, tabs,

      // Shows the details of a picture that the canvas has.
      show(given) {
        picture = given;
        byName = new Map();
        for (const node of picture.nodes) if (node.name && !byName.has(node.name)) byName.set(node.name, node);
        selected = null;
        const findings = picture.findings;
        tabs.note("Findings", findings.length);
        renew("Findings", () => tabs.body("Findings").replaceChildren(findings.length === 0
          ? html("p", { class: "hint" }, "The checker finds nothing.")
          : html("ul", { class: "list" }, ...findings.map((finding) => findingItem(finding, pickButton(finding.widget))))));
        const changes = picture.changes || [];
        tabs.note("Changes", changes.length);
        renew("Changes", () => tabs.body("Changes").replaceChildren(changes.length === 0
          ? html("p", { class: "hint" }, picture.changes ? "Both mean the same." : "Nothing is compared.")
          : html("ul", { class: "list" }, ...changes.map((change) => changeItem(change, pickButton(change.widget))))));
        showSelected();
      },

      // Shows a run: `{ title, steps, problems, waitingAt }`, or none.
      run(given, isSame) {
        run = given;
        if (!isSame) step = null;
        tabs.note("Steps", run ? run.steps.length : 0);
        drawPath();
        canvas.problems(run ? run.problems : []);
        showSteps();
        if (selected !== null) showSelected();
      },

      select(name) {
        selected = name;
        if (name !== null) tabs.choose("Widgets");
        showSelected();
      },

      // The events of a widget that nothing follows.
      openEvents: (name) => (byName.has(name) ? byName.get(name).open.map((way) => way.event) : []),

      // Lists the widgets whose name or type has these words; gives the nodes.
      search(text) {
        filter = text;
        selected = null;
        if (text) tabs.choose("Widgets");
        return listWidgets();
      },
    };
  };

  // The bar above the canvas, the canvas, and the panel beside it.
  studio.frame = function (extra) {
    const stage = html("section", { id: "stage", "aria-label": "Canvas" });
    const side = html("section", { id: "details", "aria-label": "Details" });
    let panel = null;

    function pick(name) {
      canvas.select(name);
      panel.select(name);
    }

    const canvas = studio.canvas(stage, { select: (name) => panel.select(name) });
    panel = studio.panel(canvas, { pick, point: (name) => canvas.select(name) });
    side.append(panel.root);

    const arrange = html("button", { type: "button", id: "arrange", onclick: () => {
      noteLayout(canvas.arrange(arrange.dataset.way));
    } }, "Layers");
    function noteLayout(done) {
      arrange.dataset.way = done.way === "layers" ? "offsets" : "layers";
      arrange.textContent = done.way === "layers" ? "As placed" : "In layers";
      arrange.title = done.way === "layers" ? "Show the widgets where the Console has them" : "Show the widgets in layers";
      arrange.disabled = done.way === "layers" && !done.placed;
    }

    const search = html("input", { type: "search", id: "search", placeholder: "Search widgets ( / )",
      "aria-label": "Search widgets by name",
      autocomplete: "off", oninput: () => panel.search(search.value.trim()) });
    search.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        search.value = "";
        panel.search("");
        canvas.focus();
      } else if (event.key === "Enter") {
        const found = panel.search(search.value.trim());
        if (found.length > 0) {
          pick(found[0].name);
          canvas.focus();
        }
      }
    });
    document.addEventListener("keydown", (event) => {
      const target = event.target;
      if (event.key === "/" && !(target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement ||
        target instanceof HTMLSelectElement)) {
        event.preventDefault();
        search.focus();
      }
    });

    const button = (label, words, action) => html("button", { type: "button", "aria-label": words, title: words, onclick: action }, label);
    stage.append(html("div", { class: "tools", role: "toolbar", "aria-label": "View" }, search,
      button("−", "Zoom out", () => canvas.zoom(0.8)),
      button("+", "Zoom in", () => canvas.zoom(1.25)), button("Fit", "Show the whole flow", () => canvas.fit()), arrange));
    stage.append(html("p", { class: "keys", "aria-hidden": "true" },
      "drag to pan · wheel or + − to zoom · arrows from widget to widget · / to search"));

    return {
      stage, side, canvas, panel,
      // The events that a widget has, each once.
      eventsOf: (name) => [...new Set(canvas.edgesOf(name).map((edge) => edge.event).concat(panel.openEvents(name)))],
      show(picture, ...rest) {
        search.value = "";
        noteLayout(canvas.show(picture, ...rest));
        panel.show(picture);
      },
    };
  };

  // On a narrow screen one part is seen at a time; this bar chooses which.
  studio.parts = function (names, first) {
    const bar = html("nav", { class: "parts", "aria-label": "Parts of the page" });
    function choose(name) {
      document.body.dataset.part = name;
      for (const button of bar.children) button.setAttribute("aria-pressed", button.dataset.part === name);
    }
    for (const [name, label] of names) bar.append(html("button", { type: "button", "data-part": name, onclick: () => choose(name) },
      label));
    choose(first);
    return { bar, choose };
  };
})();
