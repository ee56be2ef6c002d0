// Draws the state machine from the data block beside it: dagre says where, this says how it looks.
// What lies where stays as long as the machine does; the numbers are written anew.
"use strict";

{
  const SVG = "http://www.w3.org/2000/svg";
  const HEIGHT = 46;
  const PAD = 13;
  const ROW = 15;
  const LOOP = 22;
  const LONGEST_NAME = 236;
  const MOST_LABELS = 3;
  const FOLDS = [0, 1, 2, 4, 8];
  // Smaller than this nobody can read it: rather scroll.
  const SMALLEST = 0.72;

  let dagreLoading = null;
  let shown = null;

  function loadDagre(address) {
    dagreLoading ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = address;
      script.addEventListener("load", resolve);
      script.addEventListener("error", reject);
      document.head.append(script);
    }).catch(() => (dagreLoading = null));
    return dagreLoading;
  }

  function make(name, attributes, ...children) {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }

  // Text that fits: measured as it will be drawn, cut in the middle of nothing but characters.
  const pen = document.createElement("canvas").getContext("2d");
  function widthOf(text, size, weight) {
    pen.font = `${weight} ${size}px ${getComputedStyle(document.body).fontFamily}`;
    return pen.measureText(text).width;
  }
  function fitted(text, size, weight, most) {
    if (widthOf(text, size, weight) <= most) return text;
    const letters = Array.from(text).slice(0, 120);
    while (letters.length && widthOf(`${letters.join("")}…`, size, weight) > most) letters.pop();
    return `${letters.join("")}…`;
  }

  const whole = new Intl.NumberFormat("en");
  const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
  function inWords(count) {
    return count < 100000 ? whole.format(count) : compact.format(count);
  }

  // Where many ways lead to one state, a drawing of all of them is wide and says little: those ways
  // are named in the boxes they leave, until the drawing fits.
  function folded(machine, most) {
    const into = new Map();
    for (const line of machine.lines) {
      if (line.source !== line.target) into.set(line.target, [...(into.get(line.target) ?? []), line]);
    }
    const crowded = [...into.values()].filter((lines) => lines.length > 2);
    const away = new Set();
    for (const lines of crowded.sort((a, b) => b.length - a.length).slice(0, most)) {
      const isStart = machine.nodes[lines[0].target].is_start;
      const isState = (line) => ["await", "send"].includes(machine.nodes[line.source].sort);
      for (const line of isStart ? lines.filter(isState) : lines.slice(1)) away.add(line);
    }
    return away;
  }

  function sized(node, number, machine, away) {
    const name = fitted(node.name, 14, 600, LONGEST_NAME);
    const leaving = [...away].filter((line) => line.source === number);
    const rows = leaving.map((line) => ({
      way: line.way,
      text: fitted(`→ ${machine.nodes[line.target].name} ${line.labels.join(", ")}`.trim(), 11.5, 400, LONGEST_NAME),
    }));
    const top = widthOf(name, 14, 600) + (node.sort === "anywhere" ? 0 : 58);
    const small = [node.note, ...rows.map((row) => row.text)].map((text) => widthOf(text, 11.5, 400));
    const width = Math.ceil(Math.max(top, ...small, 104)) + 2 * (node.sort === "send" ? PAD + 5 : PAD);
    return { name, rows, width, height: HEIGHT + ROW * rows.length + (rows.length ? 3 : 0) };
  }

  function labelled(line) {
    const labels = line.labels.map((label) => fitted(label, 11.5, 400, 190));
    const more = labels.length - MOST_LABELS;
    return more > 0 ? [...labels.slice(0, MOST_LABELS), `and ${more} more`] : labels;
  }

  function layout(machine, direction, away) {
    const graph = new dagre.graphlib.Graph({ multigraph: false });
    const isDown = direction === "TB";
    graph.setGraph({ rankdir: direction, nodesep: isDown ? 34 : 22, ranksep: isDown ? 44 : 62, edgesep: 14, marginx: LOOP, marginy: LOOP - 4 });
    machine.nodes.forEach((node, number) => graph.setNode(String(number), sized(node, number, machine, away)));
    for (const line of machine.lines) {
      if (line.source === line.target || away.has(line)) continue;
      const labels = labelled(line);
      const width = Math.max(0, ...labels.map((label) => widthOf(label, 11.5, 400) + 10));
      // What comes from anywhere shall not push the states out of their order.
      const weight = line.way === "command" || line.way === "fallback" ? 1 : line.way === "timeout" ? 2 : 4;
      graph.setEdge(String(line.source), String(line.target), { line, labels, width, height: labels.length * 15, labelpos: "c", weight });
    }
    dagre.layout(graph);
    return graph;
  }

  function best(machine, room) {
    let narrowest = null;
    for (const most of FOLDS) {
      const away = folded(machine, most);
      // A long machine is read from top to bottom, a short one may lie.
      for (const direction of machine.nodes.length > 12 ? ["TB"] : ["LR", "TB"]) {
        const graph = layout(machine, direction, away);
        const { width, height } = graph.graph();
        const found = { graph, width, height, isDown: direction === "TB", scale: Math.max(SMALLEST, Math.min(1, room / width)) };
        if (width * SMALLEST <= room && (found.isDown || found.scale > 0.9)) return found;
        if (!narrowest || width < narrowest.width) narrowest = found;
      }
    }
    return narrowest;
  }

  function rounded(points) {
    const at = (p) => `${p.x.toFixed(1)} ${p.y.toFixed(1)}`;
    const between = (a, b) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
    let path = `M${at(points[0])}`;
    for (let i = 1; i < points.length - 1; i += 1) {
      const end = i === points.length - 2 ? points[i + 1] : between(points[i], points[i + 1]);
      path += `Q${at(points[i])} ${at(end)}`;
    }
    return points.length === 2 ? `${path}L${at(points[1])}` : path;
  }

  function head(from, tip) {
    const turn = (Math.atan2(tip.y - from.y, tip.x - from.x) * 180) / Math.PI;
    return make("path", { class: "head", d: "M0 0L-8 -4L-8 4Z", transform: `translate(${tip.x.toFixed(1)} ${tip.y.toFixed(1)}) rotate(${turn.toFixed(1)})` });
  }

  function drawnLine(graph, key) {
    const { line, labels, points, x, y, width, height } = graph.edge(key);
    const parts = [make("path", { class: "way", d: rounded(points) }), head(points.at(-2), points.at(-1))];
    if (labels.length) {
      parts.push(make("rect", { class: "behind", x: x - width / 2, y: y - height / 2, width, height, rx: 5 }));
      labels.forEach((label, i) => parts.push(make("text", { class: "label", x, y: y - height / 2 + 11 + i * 15 }, label)));
    }
    return make("g", { class: `line ${line.way}`, "data-ends": `${line.source} ${line.target}` }, ...parts);
  }

  // Above the box where lines leave it at the side, and the other way round.
  function drawnLoop(line, box, isDown) {
    const [right, top] = [box.x + box.width / 2, box.y - box.height / 2];
    const [from, bend, tip] = isDown
      ? [`${right} ${box.y - 8}`, `${right + LOOP} ${box.y - 17} ${right + LOOP} ${box.y + 17}`, { x: right, y: box.y + 8 }]
      : [`${right - 44} ${top}`, `${right - 52} ${top - LOOP} ${right - 14} ${top - LOOP}`, { x: right - 24, y: top }];
    const before = isDown ? { x: tip.x + 12, y: tip.y + 4 } : { x: tip.x + 4, y: tip.y - 12 };
    const title = make("title", {}, line.labels.join(", ") || "may stay");
    const way = make("path", { class: "way", d: `M${from}C${bend} ${tip.x} ${tip.y}` });
    return make("g", { class: `line ${line.way}`, "data-ends": `${line.source} ${line.target}` }, title, way, head(before, tip));
  }

  function drawnNode(node, number, box) {
    const [left, top] = [box.x - box.width / 2, box.y - box.height / 2];
    const shape = { x: left, y: top, width: box.width, height: box.height, rx: node.sort === "send" ? HEIGHT / 2 : 9 };
    const parts = box.name === node.name ? [] : [make("title", {}, node.name)];
    parts.push(make("rect", { class: "box", ...shape }));
    const indent = node.sort === "send" ? PAD + 5 : PAD;
    parts.push(make("text", { class: "name", x: left + indent, y: top + 20 }, box.name));
    parts.push(make("text", { class: "note", x: left + indent, y: top + 36 }, node.note));
    box.rows.forEach((row, i) => parts.push(make("text", { class: `note ${row.way}`, x: left + indent, y: top + 36 + ROW * (i + 1) }, row.text)));
    const classes = ["node", node.sort, node.tint, node.is_start && "start", node.is_odd && "odd"].filter(Boolean).join(" ");
    if (!node.href) return make("g", { class: classes, "data-number": number }, ...parts);
    parts.push(make("text", { class: "count", x: left + box.width - indent, y: top + 20 }, ""));
    return make("a", { class: classes, href: node.href, "data-number": number }, ...parts);
  }

  function draw(figure, machine) {
    const { graph, width, height, scale, isDown } = best(machine, figure.clientWidth);
    const lines = graph.edges().map((key) => drawnLine(graph, key));
    for (const line of machine.lines) {
      if (line.source === line.target) lines.push(drawnLoop(line, graph.node(String(line.source)), isDown));
    }
    const nodes = machine.nodes.map((node, number) => drawnNode(node, number, graph.node(String(number))));
    const size = { width: Math.ceil(width * scale), height: Math.ceil(height * scale), viewBox: `0 0 ${Math.ceil(width)} ${Math.ceil(height)}` };
    const svg = make("svg", { ...size, role: "group", "aria-label": "The state machine; each state leads to its conversations" }, ...lines, ...nodes);
    figure.replaceChildren(svg);
    const start = machine.nodes.findIndex((node) => node.is_start);
    if (start >= 0) figure.scrollLeft = graph.node(String(start)).x * scale - figure.clientWidth / 2;
    shown = { figure, version: figure.dataset.drawn, width: innerWidth };
  }

  function count(figure, machine) {
    machine.counts.forEach((number, i) => {
      const node = figure.querySelector(`[data-number="${i}"]`);
      const text = node?.querySelector(".count");
      if (!text || text.textContent === inWords(number)) return;
      text.textContent = inWords(number);
      node.classList.toggle("none", number === 0);
    });
  }

  // Where the pointer or the focus is, the ways in and out stand out.
  function light(event) {
    const svg = event.target.closest?.("#drawing svg");
    if (!svg) return;
    const number = event.target.closest("[data-number]")?.dataset.number;
    svg.classList.toggle("dim", number !== undefined);
    for (const line of svg.querySelectorAll(".line")) {
      line.classList.toggle("lit", number !== undefined && line.dataset.ends.split(" ").includes(number));
    }
  }

  async function keepUp() {
    const [figure, data] = [document.getElementById("drawing"), document.getElementById("machine")];
    if (!figure || !data) return;
    if (!globalThis.dagre) await loadDagre(figure.dataset.dagre);
    if (!globalThis.dagre || !figure.isConnected) return;
    const machine = JSON.parse(document.getElementById("machine").textContent);
    const isDrawn = shown?.figure === figure && shown.version === figure.dataset.drawn && figure.firstChild && shown.width === innerWidth;
    if (!isDrawn) draw(figure, machine);
    count(figure, machine);
  }

  let resizing;
  addEventListener("resize", () => {
    clearTimeout(resizing);
    resizing = setTimeout(keepUp, 150);
  });
  document.addEventListener("parley:settled", keepUp);
  for (const name of ["pointerover", "focusin"]) document.addEventListener(name, light);
  for (const name of ["pointerout", "focusout"]) document.addEventListener(name, (event) => event.target.closest?.("[data-number]") && light({ target: event.target.closest("svg") }));
  keepUp();
}
