// What all scripts of the page use: elements, texts, contexts. Text is never HTML: it goes into text nodes and attributes alone.
"use strict";

const studio = {};

(function () {
  const SVG = "http://www.w3.org/2000/svg";

  function fill(node, attributes, children) {
    for (const name in attributes || {}) {
      const value = attributes[name];
      if (value === undefined || value === null || value === false) continue;
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value === true ? "" : value);
    }
    for (const child of children) {
      if (child !== null && child !== undefined) node.append(child);
    }
    return node;
  }

  // An element of HTML or SVG with attributes, listeners (`onclick`) and children, which are elements or texts.
  studio.html = (name, attributes, ...children) => fill(document.createElement(name), attributes, children);
  studio.svg = (name, attributes, ...children) => fill(document.createElementNS(SVG, name), attributes, children);

  studio.fonts = { name: "600 13px system-ui, sans-serif", small: "11px system-ui, sans-serif" };

  const paper = document.createElement("canvas").getContext("2d");
  const widths = new Map();

  // The width of a text in pixels.
  studio.measure = function (text, font) {
    const key = font + "\0" + text;
    let width = widths.get(key);
    if (width === undefined) {
      paper.font = font;
      width = paper.measureText(text).width;
      widths.set(key, width);
    }
    return width;
  };

  // A text that is no wider, with an ellipsis where something is left out.
  studio.shorten = function (text, font, width) {
    text = text.slice(0, 200).replace(/\s+/g, " ");
    if (studio.measure(text, font) <= width) return text;
    const characters = Array.from(text);
    let low = 0;
    let high = characters.length;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (studio.measure(characters.slice(0, middle).join("") + "…", font) <= width) low = middle;
      else high = middle - 1;
    }
    return characters.slice(0, low).join("") + "…";
  };

  studio.isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

  // Objects without a prototype: a key called __proto__ is one like any other.
  function plain(value) {
    if (Array.isArray(value)) return value.map(plain);
    if (!studio.isObject(value)) return value;
    const copy = Object.create(null);
    for (const key of Object.keys(value)) copy[key] = plain(value[key]);
    return copy;
  }

  function merge(old, set) {
    const result = Object.create(null);
    for (const key of Object.keys(old)) result[key] = old[key];
    for (const key of Object.keys(set)) {
      result[key] = studio.isObject(set[key]) && studio.isObject(result[key]) ? merge(result[key], set[key]) : plain(set[key]);
    }
    return result;
  }

  function without(value, way) {
    if (!studio.isObject(value) || !(way[0] in value)) return value;
    const copy = Object.assign(Object.create(null), value);
    if (way.length === 1) delete copy[way[0]];
    else copy[way[0]] = without(copy[way[0]], way.slice(1));
    return copy;
  }

  // The context after a step, from the one before it and what the step added.
  studio.contextAfter = function (before, added) {
    let context = merge(before, added.set);
    for (const way of added.gone || []) context = without(context, way.split("\0"));
    return context;
  };

  // What is in a tree, as pairs of a path and a value.
  studio.leaves = function (value, way, found) {
    for (const key of Object.keys(value)) {
      const path = way === "" ? key : way + "." + key;
      const part = value[key];
      if (studio.isObject(part) && Object.keys(part).length > 0) studio.leaves(part, path, found);
      else found.push([path, part]);
    }
    return found;
  };

  studio.show = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));

  // "1 step", "2 steps".
  studio.count = (number, word) => number + " " + word + (number === 1 ? "" : "s");
})();
