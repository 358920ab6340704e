"use strict";
(() => {
const fig = JSON.parse(document.getElementById("figure").textContent);
const hidden = new Set();
const plots = [];
const tip = document.getElementById("value");

// Numbers are stored as little-endian 64-bit floats.
function numbers(text) {
  const raw = atob(text), bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  const view = new DataView(bytes.buffer), out = new Float64Array(raw.length / 8);
  for (let i = 0; i < out.length; i++) out[i] = view.getFloat64(i * 8, true);
  return out;
}

const two = n => String(n).padStart(2, "0");
function clock(t) {
  const s = Math.round(Math.abs(t) * 1e3) / 1e3, whole = Math.floor(s);
  const sec = whole % 60 + (s - whole);
  return two(Math.floor(whole / 3600)) + ":" + two(Math.floor(whole / 60) % 60) + (sec ? ":" + (sec < 10 ? "0" : "") + +sec.toFixed(3) : "");
}
function utc(t) {
  const d = new Date(t * 1e3);
  return isNaN(d) ? String(t) : d.toISOString().replace("T", " ").replace(/\.000Z|Z/, "");
}
function place(axis, v) {
  for (let i = axis.pieces.length - 1; i >= 0; i--)
    if (v >= axis.pieces[i][0] || i === 0) return axis.pieces[i][1] + v - axis.pieces[i][0];
  return v;
}
function tell(axis, v) {
  switch (axis.kind) {
    case "utc": return utc(v);
    case "pieces": return utc(place(axis, v));
    case "clock": return clock(v === 86400 ? v : (v % 86400 + 86400) % 86400);
    case "hour": return (v < 0 ? "−" : "+") + clock(v);
    case "named": {
      let best = null;
      for (const n of axis.names) if (best === null || Math.abs(n[0] - v) < Math.abs(best[0] - v)) best = n;
      return best && Math.abs(best[0] - v) < .5 ? best[1] : String(v);
    }
    default: return String(v).replace("-", "−");
  }
}
function ofPi(v) {
  const q = Math.round(v / Math.PI * 8);
  if (Math.abs(v / Math.PI * 8 - q) > 1e-6) return String(+v.toPrecision(6)).replace("-", "−");
  if (!q) return "0";
  let top = Math.abs(q), low = 8;
  while (top % 2 === 0 && low > 1) { top /= 2; low /= 2; }
  return (q < 0 ? "−" : "") + (top === 1 ? "" : top) + "π" + (low > 1 ? "/" + low : "");
}
function ticks(axis, splits) {
  switch (axis.kind) {
    case "phase": return splits.map(ofPi);
    case "utc": case "pieces": {
      let day = "";
      return splits.map(v => {
        const text = utc(axis.kind === "utc" ? v : place(axis, v)), parts = text.split(" ");
        if (parts.length < 2) return text;
        const time = parts[1].endsWith(":00") ? parts[1].slice(0, 5) : parts[1];
        const out = parts[0] === day ? time : time + "\n" + parts[0];
        day = parts[0];
        return out;
      });
    }
    case "clock": case "hour": case "named": return splits.map(v => tell(axis, v));
    default: return splits.map(v => v === null ? "" : String(+v.toPrecision(10)).replace("-", "−"));
  }
}
const times = [1e-3, 1e-2, .1, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 432000, 864000, 2592000, 7776000, 31536000];

function axisOptions(axis, side) {
  const o = {
    side, label: axis.label, labelSize: axis.label ? 20 : 0, stroke: fig.ink, labelFont: "12px sans-serif", font: "11px sans-serif",
    grid: { stroke: fig.grid, width: 1 }, ticks: { stroke: fig.ink, width: 1, size: 5 },
    values: (u, splits) => ticks(axis, splits),
  };
  if (side === 3) o.size = (u, values) => 14 + 6.6 * Math.max(3, ...(values || []).flatMap(v => v.split("\n").map(l => l.length)));
  else o.size = axis.kind === "utc" || axis.kind === "pieces" ? 42 : 28;
  if (axis.kind === "phase") o.incrs = [.001, .002, .005, .01, .02, .05, .1, .2, ...[1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8].map(k => k * Math.PI)];
  if (["utc", "pieces", "clock", "hour"].includes(axis.kind)) o.incrs = times;
  if (side === 2) o.space = axis.kind === "utc" || axis.kind === "pieces" ? 80 : 60;
  if (axis.kind === "log") o.splits = (u, i, low, high) => {
    const from = Math.ceil(Math.log10(low) - 1e-9), to = Math.floor(Math.log10(high) + 1e-9), out = [];
    const every = Math.max(1, Math.ceil((to - from + 1) / (side === 3 ? u.height / 30 : u.width / 60)));
    for (let p = from; p <= to; p += every) out.push(Math.pow(10, p));
    return out.length ? out : [low, high];
  };
  if (axis.kind === "named") o.splits = (u, i, low, high) => {
    const seen = axis.names.map(n => n[0]).filter(v => v >= low && v <= high);
    const room = (side === 3 ? u.height / 14 : u.width / 70) || 1, every = Math.ceil(seen.length / room);
    return seen.filter((v, i) => i % every === 0);
  };
  return o;
}

// The marker of a point on a canvas.
function mark(c, shape, x, y, r) {
  if (r < .8) { c.rect(x - r, y - r, 2 * r, 2 * r); return; }
  switch (shape) {
    case "square": c.rect(x - .9 * r, y - .9 * r, 1.8 * r, 1.8 * r); break;
    case "triangle": c.moveTo(x, y - 1.3 * r); c.lineTo(x + 1.2 * r, y + .8 * r); c.lineTo(x - 1.2 * r, y + .8 * r); c.closePath(); break;
    case "diamond": c.moveTo(x, y - 1.3 * r); c.lineTo(x + 1.3 * r, y); c.lineTo(x, y + 1.3 * r); c.lineTo(x - 1.3 * r, y); c.closePath(); break;
    case "cross": c.moveTo(x - r, y - r); c.lineTo(x + r, y + r); c.moveTo(x - r, y + r); c.lineTo(x + r, y - r); break;
    case "plus": c.moveTo(x - r, y); c.lineTo(x + r, y); c.moveTo(x, y - r); c.lineTo(x, y + r); break;
    default: c.moveTo(x + r, y); c.arc(x, y, r, 0, 7);
  }
}

function drawSeries(u, c, s) {
  const px = v => u.valToPos(v, "x", true), py = v => u.valToPos(v, "y", true);
  const k = devicePixelRatio, r = Math.max(s.radius, .6) * k, n = Math.min(s.x.length, s.y.length);
  c.globalAlpha = s.opacity; c.strokeStyle = c.fillStyle = s.colour; c.lineWidth = 1.2 * k;
  if (s.within !== null) {
    c.beginPath();
    for (let i = 1; i < n; i++) if (Math.abs(s.x[i] - s.x[i - 1]) <= s.within * (1 + 1e-9) && isFinite(s.y[i]) && isFinite(s.y[i - 1])) {
      c.moveTo(px(s.x[i - 1]), py(s.y[i - 1])); c.lineTo(px(s.x[i]), py(s.y[i]));
    }
    c.stroke();
    if (n > 5000 || !s.radius) return;
  }
  const b = u.bbox, open = s.marker === "cross" || s.marker === "plus";
  c.beginPath();
  let last = "", count = 0;
  for (let i = 0; i < n; i++) {
    if (!isFinite(s.x[i]) || !isFinite(s.y[i])) continue;
    const x = px(s.x[i]), y = py(s.y[i]);
    if (x < b.left - r || x > b.left + b.width + r || y < b.top - r || y > b.top + b.height + r) continue;
    const key = (x | 0) + " " + (y | 0);
    if (key === last) continue;
    last = key;
    mark(c, s.marker, x, y, r);
    if (++count % 2000 === 0) { open ? c.stroke() : c.fill(); c.beginPath(); }
  }
  open ? c.stroke() : c.fill();
}

// Which cell holds a value; edges ascend or descend.
function cell(edges, v) {
  const up = edges[edges.length - 1] > edges[0];
  let low = 0, high = edges.length - 1;
  if (!(up ? v >= edges[0] && v < edges[high] : v <= edges[0] && v > edges[high])) return -1;
  while (high - low > 1) {
    const mid = (low + high) >> 1;
    if (up ? v >= edges[mid] : v <= edges[mid]) low = mid; else high = mid;
  }
  return low;
}

function drawMap(u, c, m) {
  const b = u.bbox, w = Math.round(b.width), h = Math.round(b.height);
  if (w < 1 || h < 1) return;
  const image = new ImageData(w, h), colours = fig.maps[m.colours], wide = m.x.length - 1;
  const log = m.logarithm, low = log ? Math.log(m.range[0]) : m.range[0], span = (log ? Math.log(m.range[1]) : m.range[1]) - low;
  const cols = [], rows = [];
  for (let x = 0; x < w; x++) cols.push(cell(m.x, u.posToVal(b.left + x + .5, "x", true)));
  for (let y = 0; y < h; y++) rows.push(cell(m.y, u.posToVal(b.top + y + .5, "y", true)));
  for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) {
    if (rows[y] < 0 || cols[x] < 0) continue;
    const v = m.values[rows[y] * wide + cols[x]], at = (y * w + x) * 4;
    if (m.blank && !isFinite(v)) continue;
    let rgb = (x + y) % 6 < 2 ? 0xBBBBBB : 0xD9D9D9;
    if (isFinite(v)) {
      const part = span ? ((log ? Math.log(v) : v) - low) / span : .5;
      rgb = colours[Math.round(Math.min(1, Math.max(0, part)) * 255) || 0];
    }
    image.data[at] = rgb >> 16; image.data[at + 1] = rgb >> 8 & 255; image.data[at + 2] = rgb & 255; image.data[at + 3] = 255;
  }
  const sheet = document.createElement("canvas");
  sheet.width = w; sheet.height = h;
  sheet.getContext("2d").putImageData(image, 0, 0);
  c.drawImage(sheet, b.left, b.top);
}

function isHidden(layer) {
  for (const e of hidden) if (layer.name === e.name || (layer.colour === e.colour && layer.marker === e.marker && !fig.names.includes(e.name))) return true;
  return false;
}

function drawAll(u, panel) {
  const c = u.ctx, b = u.bbox;
  c.save();
  c.beginPath(); c.rect(b.left, b.top, b.width, b.height); c.clip();
  for (const l of panel.layers) {
    c.globalAlpha = 1;
    if (l.kind === "map") drawMap(u, c, l);
    else if (l.kind === "series" && !isHidden(l)) drawSeries(u, c, l);
    else if (l.kind === "bars" && !isHidden(l)) {
      c.fillStyle = l.colour;
      for (const [a, e, lo, hi] of l.edges) {
        const x0 = u.valToPos(a, "x", true), x1 = u.valToPos(e, "x", true), y0 = u.valToPos(lo, "y", true), y1 = u.valToPos(hi, "y", true);
        c.fillRect(Math.min(x0, x1), Math.min(y0, y1), Math.max(1, Math.abs(x1 - x0)), Math.max(1, Math.abs(y1 - y0)));
      }
    } else if (l.kind === "rule") {
      c.strokeStyle = l.colour; c.lineWidth = devicePixelRatio; c.beginPath();
      if (l.level) { const y = u.valToPos(l.at, "y", true); c.moveTo(b.left, y); c.lineTo(b.left + b.width, y); }
      else { const x = u.valToPos(l.at, "x", true); c.moveTo(x, b.top); c.lineTo(x, b.top + b.height); }
      c.stroke();
    }
  }
  c.restore();
  c.strokeStyle = fig.ink; c.lineWidth = devicePixelRatio; c.strokeRect(b.left, b.top, b.width, b.height);
}

// What is under the pointer: the nearest point, the bar or the cell.
function under(u, panel, left, top) {
  let best = 15 * 15, text = "";
  const vx = u.posToVal(left, "x"), vy = u.posToVal(top, "y");
  for (const l of panel.layers) {
    if (isHidden(l)) continue;
    if (l.kind === "series") {
      const n = Math.min(l.x.length, l.y.length);
      for (let i = 0; i < n; i++) {
        if (!isFinite(l.y[i])) continue;
        const dx = u.valToPos(l.x[i], "x") - left;
        if (dx * dx >= best) continue;
        const dy = u.valToPos(l.y[i], "y") - top, far = dx * dx + dy * dy;
        if (far < best) {
          best = far;
          text = (l.name ? l.name + "\n" : "") + (panel.x.label || "x") + ": " + tell(panel.x, l.x[i]) + "\n" + (panel.vertical || "y") + ": " + tell(panel.y, l.y[i]);
        }
      }
    } else if (l.kind === "map") {
      const col = cell(l.x, vx), row = cell(l.y, vy);
      if (col < 0 || row < 0) continue;
      const v = l.values[row * (l.x.length - 1) + col];
      if (l.blank && !isFinite(v)) continue;
      text = (fig.bar ? fig.bar.label : "value") + ": " + (isFinite(v) ? v : "missing") + "\n" + (panel.x.label || "x") + ": " + tell(panel.x, (l.x[col] + l.x[col + 1]) / 2) + "\n" + (panel.vertical || "y") + ": " + (l.names[row] || tell(panel.y, (l.y[row] + l.y[row + 1]) / 2));
    } else if (l.kind === "bars" && !text) {
      const bar = l.edges.find(([a, b, lo, hi]) => vx >= a && vx <= b && vy >= lo && vy <= hi);
      if (bar) text = l.name + "\n" + tell(panel.x, bar[0]) + " … " + tell(panel.x, bar[1]) + "\n" + tell(panel.y, (bar[2] + bar[3]) / 2);
    }
  }
  return text;
}

// Few rows share the window, many are scrolled.
function tall() {
  const rows = Math.ceil(fig.panels.length / fig.columns), room = innerHeight - document.querySelector("main").offsetTop - 24;
  return Math.round(Math.min(700, Math.max(rows > 3 ? 210 : 260, room / rows - 28)));
}

let busy = false;
function make(panel, home) {
  const box = document.createElement("figure"), title = document.createElement("figcaption");
  title.textContent = panel.title;
  box.append(title);
  if (panel.inset) { const p = document.createElement("pre"); p.textContent = panel.inset; box.append(p); }
  if (panel.note) { const p = document.createElement("div"); p.className = "note"; p.textContent = panel.note; box.append(p); }
  home.append(box);
  for (const l of panel.layers) {
    if (l.kind === "series") { l.x = numbers(l.x); l.y = numbers(l.y); }
    if (l.kind === "map") { l.x = numbers(l.x); l.y = numbers(l.y); l.values = numbers(l.values); }
  }
  const scale = axis => ({ time: false, auto: false, min: axis.range[0], max: axis.range[1], dir: axis.reversed ? -1 : 1, distr: axis.kind === "log" ? 3 : 1, range: (u, a, b) => [a, b] });
  const reset = u => u.batch(() => { u.setScale("x", { min: panel.x.range[0], max: panel.x.range[1] }); u.setScale("y", { min: panel.y.range[0], max: panel.y.range[1] }); });
  const options = {
    width: box.clientWidth, height: tall(), legend: { show: false },
    scales: { x: scale(panel.x), y: scale(panel.y) },
    axes: [axisOptions(panel.x, 2), axisOptions(panel.y, 3)],
    series: [{}, { show: true, stroke: "transparent", points: { show: false }, paths: () => null }],
    cursor: { points: { show: false }, drag: { x: true, y: true, uni: 20 }, bind: { dblclick: u => () => reset(u) } },
    hooks: {
      draw: [u => drawAll(u, panel)],
      setScale: [(u, key) => {
        if (key !== "x" || busy || panel.group === null) return;
        busy = true;
        for (const other of plots) if (other.u !== u && other.panel.group === panel.group) other.u.setScale("x", { min: u.scales.x.min, max: u.scales.x.max });
        busy = false;
      }],
      setCursor: [u => {
        const { left, top } = u.cursor, text = left < 0 ? "" : under(u, panel, left, top);
        tip.style.display = text ? "block" : "none";
        if (!text) return;
        tip.textContent = text;
        const at = u.over.getBoundingClientRect(), x = at.left + left + 14, y = at.top + top + 14;
        tip.style.left = Math.min(x, innerWidth - tip.offsetWidth - 4) + "px";
        tip.style.top = Math.min(y, innerHeight - tip.offsetHeight - 4) + "px";
      }],
    },
  };
  const u = new uPlot(options, [panel.x.range, panel.y.range], box);
  plots.push({ u, panel, box, reset });
}

const home = document.querySelector("main"), nav = document.querySelector("nav");
home.style.gridTemplateColumns = "repeat(" + fig.columns + ", minmax(0, 1fr))";
const all = document.createElement("button");
all.textContent = "Reset zoom";
all.onclick = () => plots.forEach(p => p.reset(p.u));
nav.append(all);
for (const e of fig.legend) {
  const key = document.createElement("button");
  key.className = "key"; key.textContent = e.name; key.style.setProperty("--key", e.colour);
  key.onclick = () => {
    hidden.has(e) ? hidden.delete(e) : hidden.add(e);
    key.classList.toggle("off");
    plots.forEach(p => p.u.redraw(false));
  };
  nav.append(key);
}
if (fig.bar) {
  const bar = document.createElement("span"), c = document.createElement("canvas"), colours = fig.maps[fig.bar.colours];
  bar.id = "bar"; c.width = 256; c.height = 1;
  colours.forEach((v, i) => { const g = c.getContext("2d"); g.fillStyle = "#" + v.toString(16).padStart(6, "0"); g.fillRect(i, 0, 1, 1); });
  const ends = fig.bar.kind === "named" && fig.bar.names.length ? [fig.bar.names[0][1], fig.bar.names.at(-1)[1]]
    : fig.bar.range.map(v => fig.bar.kind === "phase" ? ofPi(v) : String(+v.toPrecision(6)).replace("-", "−"));
  bar.append(fig.bar.label + " " + ends[0], c, ends[1]);
  nav.append(bar);
}
for (const panel of fig.panels) make(panel, home);
addEventListener("resize", () => plots.forEach(p => p.u.setSize({ width: p.box.clientWidth, height: tall() })));
})();
