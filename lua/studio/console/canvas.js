// The picture of a flow: boxes and transitions in SVG, of which only what is in view is in the document; zoom, pan, path, marks, selection.
"use strict";

(function () {
  // Drawn in 16 by 16.
  const ICONS = {
    trigger: "M5 3l8 5-8 5z", split: "M8 2l6 6-6 6-6-6z", data: "M3 4h10M3 8h10M3 12h6", message: "M2 3h12v8H8l-4 3v-3H2z",
    voice: "M4 2l2 3-1 2c1 2 2 3 4 4l2-1 3 2-1 2C7 15 1 9 2 3z", code: "M6 4L2 8l4 4M10 4l4 4-4 4", product: "M3 3h10v10H3zM3 7h10",
    subflow: "M2 2h8v8H2zM6 6h8v8H6z", missing: "M4 4l8 8M12 4l-8 8", removed: "M4 8h8",
  };
  const LEVELS = { error: 3, warning: 2, note: 1 };
  const CLOSEST = 3;
  const FARTHEST = 0.02;
  // Below this scale texts cannot be read and are left out.
  const READABLE = 0.33;
  // The tools cover so many pixels at the top of the canvas.
  const TOP = 52;

  const round = (number) => Math.round(number * 10) / 10;

  // Straight lines by way of these points, their corners rounded.
  function corners(points) {
    let path = "";
    points.forEach(([x, y], number) => {
      const next = points[number + 1];
      if (!next) {
        path += `L${round(x)} ${round(y)}`;
        return;
      }
      const last = number === 0 ? [x, y - 18] : points[number - 1];
      const towards = ([x2, y2]) => {
        const distance = Math.hypot(x2 - x, y2 - y) || 1;
        const part = Math.min(12, distance / 2) / distance;
        return `${round(x + (x2 - x) * part)} ${round(y + (y2 - y) * part)}`;
      };
      path += `L${towards(last)}Q${round(x)} ${round(y)} ${towards(next)}`;
    });
    return path;
  }

  // The curve of an edge, where its middle is, and what it covers.
  function route(edge) {
    const from = edge.from;
    const to = edge.to;
    const chip = edge.chip;
    const x1 = from.x + (chip ? chip.x + chip.width / 2 : from.width / 2);
    const y1 = from.y + from.height;
    const x2 = to.x + to.width / 2;
    const y2 = to.y - 3;
    let path = `M${round(x1)} ${round(y1)}`;
    let middle;
    const box = { left: Math.min(x1, x2), right: Math.max(x1, x2), top: Math.min(y1, y2) - 50, bottom: Math.max(y1, y2) + 50 };
    if (edge.points.length === 0 && y2 < y1 + 14) {
      const isRight = x2 >= x1 || to === from;
      const side = isRight ? Math.max(from.x + from.width, to.x + to.width) + 36 : Math.min(from.x, to.x) - 36;
      path += corners([[x1, y1 + 18], [side, y1 + 18], [side, y2 - 18], [x2, y2 - 18], [x2, y2]]);
      middle = { x: side, y: (y1 + y2) / 2 };
      box.left = Math.min(box.left, side);
      box.right = Math.max(box.right, side);
    } else {
      const stops = edge.points.flatMap((point) => [{ x: point.x, y: point.y }, { x: point.x, y: point.y + point.height }]);
      stops.push({ x: x2, y: y2 });
      let x = x1;
      let y = y1;
      stops.forEach((stop, number) => {
        if (stop.x === x || number % 2 === 1) {
          path += `L${round(stop.x)} ${round(stop.y)}`;
        } else {
          const bend = Math.max(24, (stop.y - y) / 2);
          path += `C${round(x)} ${round(y + bend)} ${round(stop.x)} ${round(stop.y - bend)} ${round(stop.x)} ${round(stop.y)}`;
        }
        box.left = Math.min(box.left, stop.x);
        box.right = Math.max(box.right, stop.x);
        if (number === 0) middle = { x: (x + stop.x) / 2, y: (y + stop.y) / 2 };
        x = stop.x;
        y = stop.y;
      });
    }
    edge.path = path;
    edge.middle = middle;
    edge.box = box;
  }

  function makeBoxes(picture) {
    const boxes = picture.nodes.map((node) => ({ node, chips: [], out: [], enter: [], marks: [], count: 0 }));
    const byId = new Map(boxes.map((box) => [box.node.id, box]));
    const edges = [];
    for (const raw of picture.edges) {
      const edge = { raw, from: byId.get(raw.from), to: byId.get(raw.to), count: 0 };
      edge.chip = { label: raw.label, event: raw.event, change: raw.change, edge };
      edge.from.chips.push(edge.chip);
      edge.from.out.push(edge);
      edge.to.enter.push(edge);
      edges.push(edge);
    }
    for (const box of boxes) {
      for (const way of box.node.open) box.chips.push({ label: way.label, event: way.event, open: true, count: 0 });
    }
    return { boxes, edges };
  }

  // Makes a canvas within an element. `events.select(name or null)` is called when the user picks a widget, or none.
  studio.canvas = function (host, events) {
    const marker = (kind) => studio.svg("marker", { id: "arrow-" + kind, viewBox: "0 0 8 8", refX: 6, refY: 4, markerWidth: 8,
      markerHeight: 8, markerUnits: "userSpaceOnUse", orient: "auto", class: "arrow " + kind }, studio.svg("path", { d: "M0 0L8 4L0 8z" }));
    const edgeLayer = studio.svg("g", { class: "edges" });
    const boxLayer = studio.svg("g", { class: "boxes" });
    const countLayer = studio.svg("g", { class: "counts" });
    const farLayer = studio.svg("g", { class: "far" });
    const world = studio.svg("g", {}, farLayer, edgeLayer, boxLayer, countLayer);
    const root = studio.svg("svg", { class: "canvas", tabindex: 0, role: "application", "aria-roledescription": "canvas of a flow" },
      studio.svg("defs", {}, ...["plain", "taken", "added", "changed", "removed"].map(marker)), world);
    const status = studio.html("div", { class: "hidden", "aria-live": "polite" });
    host.append(root, status);

    let boxes = [];
    let edges = [];
    let byName = new Map();
    let picture = null;
    let placement = { way: "offsets", placed: false };
    let selected = null;
    let waiting = null;
    let hasPath = false;
    const view = { x: 0, y: 0, k: 1 };

    // -- Elements -------------------------------------------------------------------------------------------------------------

    function drawChip(box, chip) {
      const taken = chip.edge ? chip.edge.count > 0 : chip.count > 0;
      const group = studio.svg("g", { class: ["chip", chip.open ? "open" : "", chip.change || "", taken ? "taken" : ""].join(" ") },
        studio.svg("rect", { x: chip.x, y: chip.y, width: chip.width, height: 18, rx: 9 }),
        studio.svg("text", { x: chip.x + 6, y: chip.y + 13 }, chip.text),
        studio.svg("title", {}, chip.label + (chip.open ? " (nothing follows)" : "")));
      if (chip.open && taken) {
        const x = chip.x + chip.width / 2;
        group.append(studio.svg("path", { class: "end", d: `M${x} ${chip.y + 18}V${box.height + 16}` }),
          studio.svg("circle", { class: "end", cx: x, cy: box.height + 22, r: 6 }));
      }
      return group;
    }

    function drawMark(box) {
      let worst = box.marks[0];
      for (const mark of box.marks) if (LEVELS[mark.level] > LEVELS[worst.level]) worst = mark;
      return studio.svg("g", { class: "mark " + worst.level, transform: `translate(${box.width - 4} 4)` },
        studio.svg("circle", { r: 10 }),
        studio.svg("text", { y: 4, "text-anchor": "middle" }, box.marks.length > 1 ? String(box.marks.length) : "!"),
        studio.svg("title", {}, box.marks.map((mark) => mark.level + ": " + mark.message).join("\n")));
    }

    function classOf(box) {
      return ["box", "g-" + box.node.group, box.node.change || "", box.count > 0 ? "visited" : "", box === waiting ? "waiting" : "",
        box === selected ? "selected" : ""].join(" ");
    }

    function details(box) {
      const node = box.node;
      const inner = box.width - 46;
      const group = studio.svg("g", { class: "details" },
        studio.svg("path", { class: "icon", d: ICONS[node.group] || ICONS.product, transform: "translate(14 13)" }),
        studio.svg("text", { class: "name", x: 38, y: 22 }, studio.shorten(node.label, studio.fonts.name, inner)),
        studio.svg("text", { class: "type", x: 38, y: 38 }, studio.shorten(node.type || node.group, studio.fonts.small, inner)));
      if (node.preview) {
        group.append(studio.svg("text", { class: "preview", x: 14, y: 56 },
          studio.shorten(node.preview, studio.fonts.small, box.width - 26)));
      }
      for (const chip of box.chips) group.append(drawChip(box, chip));
      return group;
    }

    function drawBox(box) {
      const group = studio.svg("g", { class: classOf(box), transform: `translate(${box.x} ${box.y})`, "data-name": box.node.name || "" },
        studio.svg("title", {}, box.node.label + (box.node.type ? ", " + box.node.type : "")),
        studio.svg("rect", { class: "frame", width: box.width, height: box.height, rx: 7 }),
        studio.svg("path", { class: "stripe", d: `M0 7a7 7 0 0 1 5-6.7V${box.height - 0.3}a7 7 0 0 1-5-6.7z` }));
      group.append(details(box));
      if (box.marks.length > 0) group.append(drawMark(box));
      return group;
    }

    function kindOf(edge) {
      return edge.raw.change || (edge.count > 0 ? "taken" : "plain");
    }

    function drawEdge(edge) {
      const kind = kindOf(edge);
      return studio.svg("path", { class: ["edge", kind, edge.raw.extra ? "extra" : "",
        selected && (edge.from === selected || edge.to === selected) ? "near" : ""].join(" "),
      d: edge.path, "marker-end": `url(#arrow-${kind})` });
    }

    function drawCount(edge) {
      const text = String(edge.count);
      const width = 12 + 6 * text.length;
      return studio.svg("g", { class: "count", transform: `translate(${round(edge.middle.x)} ${round(edge.middle.y)})` },
        studio.svg("rect", { x: -width / 2, y: -9, width, height: 18, rx: 9 }),
        studio.svg("text", { y: 4, "text-anchor": "middle" }, text),
        studio.svg("title", {}, `${edge.raw.label}: taken ${edge.count === 1 ? "once" : edge.count + " times"}`));
    }

    // -- What is in view ------------------------------------------------------------------------------------------------------

    let drawn = new Map();
    let wanted = false;
    let isReadable = true;
    let shownAt = null;

    // Has an item drawn anew in the next frame; without an item, all of them.
    function stale(item) {
      farLayer.replaceChildren();
      if (item) {
        const old = drawn.get(item);
        if (old) old.forEach((part) => part.remove());
        drawn.delete(item);
      } else {
        drawn = new Map();
        for (const layer of [edgeLayer, boxLayer, countLayer]) layer.replaceChildren();
      }
      later();
    }

    function later() {
      if (wanted) return;
      wanted = true;
      requestAnimationFrame(draw);
    }

    function keep(item, isSeen, make) {
      const old = drawn.get(item);
      if (isSeen && !old) drawn.set(item, make());
      else if (!isSeen && old) {
        old.forEach((part) => part.remove());
        drawn.delete(item);
      }
    }

    // From afar: all of it in a few paths, for thousands of elements would make each picture slow.
    function drawFar() {
      const paths = new Map();
      const add = (layer, name, path) => {
        const key = layer + "\0" + name;
        if (!paths.has(key)) paths.set(key, { layer, name, parts: [] });
        paths.get(key).parts.push(path);
      };
      for (const edge of edges) add(0, "edge " + kindOf(edge) + (edge.raw.extra ? " extra" : ""), edge.path);
      for (const box of boxes) {
        add(1, classOf(box), `M${box.x} ${box.y}h${box.width}v${box.height}h${-box.width}z`);
        add(2, "stripe g-" + box.node.group, `M${box.x} ${box.y}h14v${box.height}h-14z`);
        for (const mark of box.marks) add(3, "mark " + mark.level, `M${box.x + box.width - 36} ${box.y}h36v36h-36z`);
      }
      const sorted = [...paths.values()].sort((a, b) => a.layer - b.layer || (a.name < b.name ? 1 : -1));
      farLayer.append(...sorted.map((each) => studio.svg("path",
        { class: each.name + (each.layer === 1 ? " frame" : ""), d: each.parts.join("") })));
    }

    function draw() {
      wanted = false;
      const readable = view.k >= READABLE;
      if (readable !== isReadable) {
        isReadable = readable;
        stale();
        wanted = false;
      }
      world.setAttribute("transform", `translate(${round(view.x)} ${round(view.y)}) scale(${view.k.toFixed(4)})`);
      if (isReadable) drawNear();
      else if (!farLayer.firstChild) drawFar();
      if (shownAt !== null) {
        const start = shownAt;
        shownAt = null;
        // The next frame begins when this one is painted. Developer tools and `make bench-console` read the measure.
        requestAnimationFrame(() => performance.measure("studio-picture", { start }));
      }
    }

    // At hand: only what is in view, and a little around it.
    function drawNear() {
      const margin = 120 / view.k;
      const left = -view.x / view.k - margin;
      const top = -view.y / view.k - margin;
      const right = left + root.clientWidth / view.k + 2 * margin;
      const bottom = top + root.clientHeight / view.k + 2 * margin;
      for (const box of boxes) {
        keep(box, box.x < right && box.x + box.width > left && box.y < bottom && box.y + box.height + 30 > top, () => {
          const element = drawBox(box);
          boxLayer.append(element);
          return [element];
        });
      }
      for (const edge of edges) {
        const area = edge.box;
        keep(edge, area.left < right && area.right > left && area.top < bottom && area.bottom > top, () => {
          const parts = [drawEdge(edge)];
          // What stands out is above the rest.
          if (kindOf(edge) === "plain") edgeLayer.prepend(parts[0]);
          else edgeLayer.append(parts[0]);
          if (hasPath && edge.count > 0) {
            parts.push(drawCount(edge));
            countLayer.append(parts[1]);
          }
          return parts;
        });
      }
    }

    // -- The view -------------------------------------------------------------------------------------------------------------

    // Whether the view is still as it was fitted; then it is fitted again when the window changes.
    let isFitted = true;

    function zoom(factor, x, y) {
      isFitted = false;
      x = x === undefined ? root.clientWidth / 2 : x;
      y = y === undefined ? root.clientHeight / 2 : y;
      const k = Math.min(CLOSEST, Math.max(FARTHEST, view.k * factor));
      view.x = x - ((x - view.x) * k) / view.k;
      view.y = y - ((y - view.y) * k) / view.k;
      view.k = k;
      later();
    }

    function pan(x, y) {
      isFitted = false;
      view.x += x;
      view.y += y;
      later();
    }

    function bounds() {
      const area = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
      for (const box of boxes) {
        area.left = Math.min(area.left, box.x);
        area.top = Math.min(area.top, box.y);
        area.right = Math.max(area.right, box.x + box.width);
        area.bottom = Math.max(area.bottom, box.y + box.height + 20);
      }
      return area;
    }

    // All of it; or, when `least` is given, no smaller than that, with the start at the top.
    function fit(least) {
      isFitted = true;
      if (boxes.length === 0) return later();
      const area = bounds();
      const width = root.clientWidth || 1;
      const height = root.clientHeight || 1;
      const k = Math.min(1.15, (width - 40) / (area.right - area.left), (height - TOP - 40) / (area.bottom - area.top));
      if (least && k < least) {
        const first = byName.get(picture.initial) || boxes[0];
        view.k = Math.max(least, 0.7);
        view.x = width / 2 - (first.x + first.width / 2) * view.k;
        view.y = TOP + 10 - first.y * view.k;
      } else {
        view.k = Math.max(FARTHEST, k);
        view.x = (width - (area.left + area.right) * view.k) / 2;
        view.y = (height + TOP - 20 - (area.top + area.bottom) * view.k) / 2;
      }
      later();
    }

    function center(box) {
      isFitted = false;
      if (view.k < 0.6) view.k = 0.9;
      view.x = root.clientWidth / 2 - (box.x + box.width / 2) * view.k;
      view.y = root.clientHeight / 2 - (box.y + box.height / 2) * view.k;
      later();
    }

    function isInView(box) {
      const x = box.x * view.k + view.x;
      const y = box.y * view.k + view.y;
      return x >= 0 && y >= 0 && x + box.width * view.k <= root.clientWidth && y + box.height * view.k <= root.clientHeight &&
        view.k >= READABLE;
    }

    // -- Selection ------------------------------------------------------------------------------------------------------------

    function select(box, byUser) {
      if (box === selected && !byUser) return;
      const old = selected;
      selected = box;
      for (const each of [old, box]) {
        if (!each) continue;
        for (const item of [each, ...each.out, ...each.enter]) stale(item);
      }
      if (box) {
        const marks = box.marks.length > 0 ? `, ${studio.count(box.marks.length, "finding")}` : "";
        status.textContent = `${box.node.label}, ${box.node.type || box.node.group}${marks}`;
      }
      if (byUser) events.select(box ? box.node.name : null);
    }

    function step(direction) {
      if (!selected) return byName.get(picture.initial) || boxes[0];
      const near = direction === "down" ? selected.out.map((edge) => edge.to) : selected.enter.map((edge) => edge.from);
      return near[0];
    }

    // The next box to the left or right of the one that is selected.
    function beside(sign) {
      let best = null;
      let least = Infinity;
      for (const box of boxes) {
        const across = (box.x - selected.x) * sign;
        if (across <= 0) continue;
        const distance = across + 3 * Math.abs(box.y - selected.y);
        if (distance < least) {
          least = distance;
          best = box;
        }
      }
      return best;
    }

    function go(box) {
      if (!box) return;
      select(box, true);
      if (!isInView(box)) center(box);
    }

    const KEYS = {
      "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8), 0: () => fit(),
      Escape: () => select(null, true), Home: () => go(byName.get(picture.initial) || boxes[0]),
      ArrowDown: () => go(step("down")), ArrowUp: () => go(step("up")),
      ArrowLeft: () => go(selected ? beside(-1) : step()), ArrowRight: () => go(selected ? beside(1) : step()),
    };
    const PANS = { ArrowDown: [0, -80], ArrowUp: [0, 80], ArrowLeft: [80, 0], ArrowRight: [-80, 0] };

    root.addEventListener("keydown", (event) => {
      if (!picture || event.ctrlKey || event.metaKey || event.altKey) return;
      const action = event.shiftKey && PANS[event.key] ? () => pan(...PANS[event.key]) : KEYS[event.key];
      if (!action) return;
      event.preventDefault();
      action();
    });

    // -- Pointers -------------------------------------------------------------------------------------------------------------

    const pointers = new Map();
    let moved = false;

    root.addEventListener("pointerdown", (event) => {
      if (event.button > 0) return;
      if (pointers.size === 0) moved = false;
      pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    });

    root.addEventListener("pointermove", (event) => {
      const last = pointers.get(event.pointerId);
      if (!last) return;
      const x = event.clientX - last.x;
      const y = event.clientY - last.y;
      if (!moved && Math.abs(x) + Math.abs(y) < 4) return;
      if (!moved) {
        moved = true;
        root.setPointerCapture(event.pointerId);
        root.classList.add("moving");
      }
      if (pointers.size === 2) {
        const other = [...pointers.entries()].find(([id]) => id !== event.pointerId)[1];
        const area = root.getBoundingClientRect();
        const before = Math.hypot(last.x - other.x, last.y - other.y) || 1;
        const after = Math.hypot(event.clientX - other.x, event.clientY - other.y);
        zoom(after / before, (event.clientX + other.x) / 2 - area.left, (event.clientY + other.y) / 2 - area.top);
        pan(x / 2, y / 2);
      } else {
        pan(x, y);
      }
      last.x = event.clientX;
      last.y = event.clientY;
    });

    for (const name of ["pointerup", "pointercancel"]) {
      root.addEventListener(name, (event) => {
        pointers.delete(event.pointerId);
        root.classList.remove("moving");
      });
    }

    root.addEventListener("click", (event) => {
      if (moved) return;
      const area = root.getBoundingClientRect();
      const x = (event.clientX - area.left - view.x) / view.k;
      const y = (event.clientY - area.top - view.y) / view.k;
      let found = null;
      for (const box of boxes) if (x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height) found = box;
      select(found, true);
    });

    root.addEventListener("wheel", (event) => {
      event.preventDefault();
      const area = root.getBoundingClientRect();
      zoom(Math.exp(-event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.0016)), event.clientX - area.left, event.clientY - area.top);
    }, { passive: false });

    new ResizeObserver(() => (isFitted && picture ? fit(0.3) : later())).observe(host);

    // -- What the rest of the page asks for -----------------------------------------------------------------------------------

    function place(way) {
      placement = studio.layout(boxes, edges, picture && byName.get(picture.initial), way);
      edges.forEach(route);
    }

    return {
      // Shows a picture; `way` is "offsets", "layers" or nothing.
      show(given, way) {
        picture = given;
        shownAt = performance.now();
        ({ boxes, edges } = makeBoxes(given));
        byName = new Map();
        for (const box of boxes) if (box.node.name && !byName.has(box.node.name)) byName.set(box.node.name, box);
        for (const finding of given.findings) {
          const box = byName.get(finding.widget);
          if (box) box.marks.push(finding);
        }
        selected = waiting = null;
        hasPath = false;
        place(way);
        root.setAttribute("aria-label", `Picture of the flow: ${studio.count(boxes.length, "widget")}, ` +
          `${studio.count(edges.length, "transition")}. ` +
          "Arrow keys go from widget to widget; the list of widgets is in the tab Widgets.");
        stale();
        fit(0.3);
        return placement;
      },

      // Places the boxes another way.
      arrange(way) {
        place(way);
        stale();
        fit(0.3);
        return placement;
      },

      // Shows the path that steps took, up to and with the one of that number, and where it waits.
      path(steps, last, waitingAt) {
        for (const edge of edges) edge.count = 0;
        for (const box of boxes) {
          box.count = 0;
          for (const chip of box.chips) if (chip.open) chip.count = 0;
        }
        const ways = new Map();
        for (const edge of edges) {
          const key = JSON.stringify([edge.from.node.name, edge.raw.event, edge.to.node.name]);
          if (!ways.has(key)) ways.set(key, edge);
        }
        hasPath = Boolean(steps);
        for (const taken of (steps || []).slice(0, last)) {
          // Those of a sub-flow are on the canvas of that flow.
          if (taken.parent) continue;
          const from = byName.get(taken.from);
          const to = byName.get(taken.to);
          if (from) from.count++;
          const edge = ways.get(JSON.stringify([taken.from, taken.event, taken.to]));
          if (edge) edge.count++;
          else if (from) {
            const chip = from.chips.find((each) => each.open && each.event === taken.event);
            if (chip) chip.count++;
          }
          if (to && taken === steps[Math.min(last === undefined ? steps.length : last, steps.length) - 1]) to.count++;
        }
        waiting = byName.get(waitingAt) || null;
        stale();
      },

      // Marks problems of a run beside what the checker found.
      problems(list) {
        for (const box of boxes) box.marks = box.marks.filter((mark) => !mark.problem);
        for (const problem of list) {
          const box = byName.get(problem.widget);
          if (box) box.marks.push({ level: "error", problem: true, message: (problem.code ? problem.code + ": " : "") + problem.message });
        }
        stale();
      },

      select(name, isCentred) {
        const box = byName.get(name) || null;
        select(box, false);
        if (box && (isCentred || !isInView(box))) center(box);
      },

      // How often each transition of a widget was taken: pairs of an edge and its count.
      edgesOf: (name) => (byName.has(name) ? byName.get(name).out.map((edge) => ({ label: edge.raw.label, event: edge.raw.event,
        to: edge.to.node.name, count: edge.count, change: edge.raw.change })) : []),
      focus: () => root.focus(),
      zoom, fit, pan,
    };
  };
})();
