// The page in one file: shows what is in its element `data`.
"use strict";

(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const frame = studio.frame();
  const parts = studio.parts([["stage", "Canvas"], ["details", "Details"]], "stage");
  const words = [studio.count(data.picture.nodes.length, "widget")];
  if (data.steps) words.push(studio.count(data.steps.length, "step"));
  if (data.picture.changes) words.push(studio.count(data.picture.changes.length, "change"));
  document.getElementById("page").append(
    studio.html("header", { class: "bar" }, studio.html("h1", {}, data.title), studio.html("span", { class: "hint" }, words.join(" · "))),
    studio.html("main", { class: "two" }, frame.stage, frame.side), parts.bar);
  frame.show(data.picture);
  if (data.steps) frame.panel.run({ steps: data.steps, problems: [], waitingAt: null });
  if (!data.steps) frame.panel.tabs.hide("Steps");
  if (!data.picture.changes) frame.panel.tabs.hide("Changes");
  frame.panel.tabs.choose(data.picture.changes ? "Changes" : data.steps ? "Steps" : "Widgets");
})();
