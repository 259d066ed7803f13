// Where the widgets of a flow stand: sizes of boxes, places as the Console has them, or layers.
"use strict";

(function () {
  const WIDTH = 232;
  const CHIP = 18;
  const GAP = 4;
  const PADDING = 8;

  // Chips, one for each transition, in as many rows as they need.
  function placeChips(box, top) {
    let x = PADDING;
    let y = top;
    for (const chip of box.chips) {
      chip.text = studio.shorten(chip.label, studio.fonts.small, WIDTH - 4 * PADDING);
      chip.width = Math.ceil(studio.measure(chip.text, studio.fonts.small)) + 12;
      if (x > PADDING && x + chip.width > WIDTH - PADDING) {
        x = PADDING;
        y += CHIP + GAP;
      }
      chip.x = x;
      chip.y = y;
      x += chip.width + GAP;
    }
    return box.chips.length > 0 ? y + CHIP : top - GAP;
  }

  // The box of a node: its size, and its chips in the order of the transitions.
  function measure(box) {
    box.width = WIDTH;
    box.chipsTop = box.node.preview ? 66 : 50;
    box.height = placeChips(box, box.chipsTop) + PADDING;
  }

  function overlap(a, b) {
    return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
  }

  // Boxes in order of their left edges: only those that begin before another one ends can overlap it.
  function anyOverlap(boxes) {
    const sorted = boxes.slice().sort((a, b) => a.x - b.x);
    let open = [];
    for (const box of sorted) {
      open = open.filter((other) => other.x + other.width > box.x);
      if (open.some((other) => overlap(box, other))) return true;
      open.push(box);
    }
    return false;
  }

  const hasPlace = (box) => typeof box.node.x === "number" && typeof box.node.y === "number";

  // What is gone makes room for what has come.
  function stepAside(boxes) {
    for (const box of boxes) {
      if (box.node.group !== "removed") continue;
      for (let tries = 0; tries < 20 && boxes.some((other) => other !== box && overlap(box, other)); tries++) box.x += box.width + 24;
    }
  }

  // A widget that is missing or gone stands below the one that leads to it.
  function takeOffsets(boxes, edges) {
    for (const box of boxes) {
      box.x = box.node.x;
      box.y = box.node.y;
    }
    for (const edge of edges) {
      if (!hasPlace(edge.to) && edge.to.x === undefined) {
        edge.to.x = edge.from.x || 0;
        edge.to.y = (edge.from.y || 0) + edge.from.height + 60;
      }
    }
    stepAside(boxes);
  }

  // Depth first from the start: edges that lead back to what is being visited are turned round.
  function forwardEdges(boxes, starts) {
    const state = new Map();
    const forward = new Map(boxes.map((box) => [box, []]));
    for (const start of starts) {
      if (state.has(start)) continue;
      const stack = [{ box: start, next: 0 }];
      state.set(start, "open");
      while (stack.length > 0) {
        const top = stack[stack.length - 1];
        const edge = top.box.out[top.next++];
        if (!edge) {
          state.set(top.box, "done");
          stack.pop();
        } else if (edge.to !== top.box) {
          const seen = state.get(edge.to);
          if (seen === "open") {
            forward.get(edge.to).push(top.box);
          } else {
            forward.get(top.box).push(edge.to);
            if (!seen) {
              state.set(edge.to, "open");
              stack.push({ box: edge.to, next: 0 });
            }
          }
        }
      }
    }
    return forward;
  }

  // The longest way from a box without predecessors.
  function rank(boxes, forward) {
    const waiting = new Map(boxes.map((box) => [box, 0]));
    for (const targets of forward.values()) {
      for (const target of targets) waiting.set(target, waiting.get(target) + 1);
    }
    let ready = boxes.filter((box) => waiting.get(box) === 0);
    for (const box of boxes) box.rank = 0;
    while (ready.length > 0) {
      const following = [];
      for (const box of ready) {
        for (const target of forward.get(box)) {
          target.rank = Math.max(target.rank, box.rank + 1);
          waiting.set(target, waiting.get(target) - 1);
          if (waiting.get(target) === 0) following.push(target);
        }
      }
      ready = following;
    }
  }

  // Layers of boxes, and of points where an edge passes a layer; the latter only as long as they are few.
  function makeLayers(boxes, forward) {
    const layers = [];
    const add = (item) => (layers[item.rank] = layers[item.rank] || []).push(item);
    const link = (from, to) => {
      from.down.push(to);
      to.up.push(from);
    };
    for (const box of boxes) {
      box.up = [];
      box.down = [];
      add(box);
    }
    let points = 0;
    for (const box of boxes) {
      for (const target of new Set(forward.get(box))) {
        const span = target.rank - box.rank;
        let last = box;
        if (span > 1 && span < 12 && points < 4 * boxes.length + 100) {
          for (let level = box.rank + 1; level < target.rank; level++) {
            const point = { rank: level, width: 16, height: 0, up: [], down: [], from: box, to: target };
            points++;
            add(point);
            link(last, point);
            last = point;
          }
        }
        link(last, target);
      }
    }
    for (let level = 0; level < layers.length; level++) layers[level] = layers[level] || [];
    return layers;
  }

  function numberLayer(layer) {
    layer.forEach((item, position) => (item.position = position));
  }

  // Each layer in the order of the middles of its neighbours, downwards and upwards in turn.
  function orderLayers(layers, rounds) {
    layers.forEach(numberLayer);
    for (let round = 0; round < rounds; round++) {
      const down = round % 2 === 0;
      for (let step = 1; step < layers.length; step++) {
        const layer = layers[down ? step : layers.length - 1 - step];
        for (const item of layer) {
          const near = down ? item.up : item.down;
          item.weight = near.length > 0 ? near.reduce((sum, other) => sum + other.position, 0) / near.length : item.position;
        }
        layer.sort((a, b) => a.weight - b.weight || a.position - b.position);
        numberLayer(layer);
      }
    }
  }

  const SPACE = 44;

  function centre(item) {
    return item.x + item.width / 2;
  }

  function median(items) {
    const places = items.map(centre).sort((a, b) => a - b);
    const half = places.length >> 1;
    return places.length % 2 === 1 ? places[half] : (places[half - 1] + places[half]) / 2;
  }

  // Moves the items of a layer to where they would be, as far as their order and the space between them allow: those that touch
  // become a block, which goes to the middle of what its members want.
  function settle(layer, wanted) {
    const blocks = [];
    layer.forEach((item, position) => {
      let block = { items: [item], width: item.width, sum: wanted[position], weight: 1, left: wanted[position] };
      let last = blocks[blocks.length - 1];
      while (last && last.left + last.width + SPACE > block.left) {
        const shift = last.width + SPACE;
        last.sum += block.sum - shift * block.weight;
        last.weight += block.weight;
        last.items.push(...block.items);
        last.width += SPACE + block.width;
        last.left = last.sum / last.weight;
        block = last;
        blocks.pop();
        last = blocks[blocks.length - 1];
      }
      blocks.push(block);
    });
    for (const block of blocks) {
      let x = block.left;
      for (const item of block.items) {
        item.x = x;
        x += item.width + SPACE;
      }
    }
  }

  function placeAcross(layers) {
    for (const layer of layers) {
      let x = 0;
      for (const item of layer) {
        item.x = x;
        x += item.width + SPACE;
      }
    }
    for (let round = 0; round < 8; round++) {
      const down = round % 2 === 0;
      for (let step = 0; step < layers.length; step++) {
        const layer = layers[down ? step : layers.length - 1 - step];
        settle(layer, layer.map((item) => {
          const near = down ? item.up : item.down;
          return near.length > 0 ? median(near) - item.width / 2 : item.x;
        }));
      }
    }
  }

  function placeDown(layers) {
    let y = 0;
    for (const layer of layers) {
      const height = layer.reduce((most, item) => Math.max(most, item.height), 0);
      for (const item of layer) item.y = y;
      y += height + 72;
    }
  }

  function layered(boxes, edges, initial) {
    const entered = new Set(edges.map((edge) => edge.to));
    const starts = [];
    if (initial) starts.push(initial);
    starts.push(...boxes.filter((box) => !entered.has(box)), ...boxes);
    const forward = forwardEdges(boxes, starts);
    rank(boxes, forward);
    const layers = makeLayers(boxes, forward);
    orderLayers(layers, boxes.length > 1000 ? 4 : 8);
    placeAcross(layers);
    placeDown(layers);
    // An edge of several layers goes by the points it has there.
    const ways = new Map();
    for (const layer of layers) {
      for (const point of layer) {
        if (!point.from) continue;
        const key = point.from.node.id + " " + point.to.node.id;
        if (!ways.has(key)) ways.set(key, []);
        ways.get(key).push({ x: centre(point), y: point.y, height: layer.reduce((most, item) => Math.max(most, item.height), 0) });
      }
    }
    for (const edge of edges) edge.points = ways.get(edge.from.node.id + " " + edge.to.node.id) || [];
  }

  // Places boxes: where the Console has them, unless some have no place or overlap, or `way` says "layers" or "offsets". Gives what was
  // done.
  studio.layout = function (boxes, edges, initial, way) {
    boxes.forEach(measure);
    for (const edge of edges) edge.points = [];
    const absent = { missing: true, removed: true };
    const placed = boxes.length > 0 && boxes.every((box) => hasPlace(box) ||
      (absent[box.node.group] && edges.some((edge) => edge.to === box)));
    if (placed && way !== "layers") {
      takeOffsets(boxes, edges);
      if (way === "offsets" || !anyOverlap(boxes)) return { way: "offsets", placed };
    }
    layered(boxes, edges, initial);
    return { way: "layers", placed };
  };
})();
