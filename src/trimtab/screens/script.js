// @ts-check
// Live refresh, read-outs under the pointer, and brushing. Every page reads without it.
"use strict";

/** @param {string} name @returns {SVGElement} */
const svg = (name) => /** @type {SVGElement} */ (document.createElementNS("http://www.w3.org/2000/svg", name));

/** The columns of a chart, each with its hint. @param {SVGElement} chart @returns {SVGRectElement[]} */
const columns = (chart) => /** @type {SVGRectElement[]} */ ([...chart.querySelectorAll("rect.hit")]);

/** Shows the values under the pointer, or of a column walked to with the arrow keys. @param {SVGElement} chart */
function readOut(chart) {
  const figure = chart.closest("figure");
  const hits = columns(chart);
  if (!figure || !hits.length) return;
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.setAttribute("role", "status");
  tip.hidden = true;
  figure.append(tip);
  const words = hits.map((hit) => {
    const title = hit.querySelector("title");
    const text = title ? title.textContent || "" : "";
    if (title) title.remove(); // one hint is enough
    return text;
  });
  let at = -1;
  /** @param {number} place */
  const show = (place) => {
    at = Math.max(0, Math.min(hits.length - 1, place));
    const box = hits[at].getBoundingClientRect();
    const frame = figure.getBoundingClientRect();
    tip.textContent = words[at];
    tip.hidden = false;
    const left = box.left + box.width / 2 - frame.left + 10;
    tip.style.left = `${Math.max(0, left + tip.offsetWidth > frame.width ? left - tip.offsetWidth - 20 : left)}px`;
    tip.style.top = `${box.top - frame.top + 8}px`;
  };
  hits.forEach((hit, place) => hit.addEventListener("pointermove", () => show(place)));
  chart.addEventListener("pointerleave", () => { tip.hidden = true; });
  chart.addEventListener("blur", () => { tip.hidden = true; });
  chart.setAttribute("tabindex", "0");
  chart.addEventListener("keydown", (event) => {
    if (event.key === "ArrowRight") show(at + 1);
    else if (event.key === "ArrowLeft") show(at < 0 ? hits.length - 1 : at - 1);
    else if (event.key === "Escape") tip.hidden = true;
    else return;
    event.preventDefault();
  });
}

/** A drag over a chart marks a stretch; its rows stay in the table of numbers, the others are hidden. @param {SVGElement} chart */
function brush(chart) {
  const figure = chart.closest("figure");
  const hits = columns(chart);
  const table = figure && figure.querySelector("details.numbers table");
  if (!figure || !table || hits.length < 3) return;
  const rows = /** @type {HTMLTableRowElement[]} */ ([...table.querySelectorAll("tbody tr")]);
  if (rows.length !== hits.length) return;
  const mark = svg("rect");
  mark.setAttribute("class", "brush");
  const scope = document.createElement("button");
  scope.className = "scope";
  scope.hidden = true;
  figure.append(scope);
  let start = -1;
  /** @param {number} one @param {number} other */
  const choose = (one, other) => {
    const [low, high] = one < other ? [one, other] : [other, one];
    const first = hits[low], last = hits[high];
    const left = Number(first.getAttribute("x"));
    mark.setAttribute("x", String(left));
    mark.setAttribute("y", first.getAttribute("y") || "0");
    mark.setAttribute("height", first.getAttribute("height") || "0");
    mark.setAttribute("width", String(Number(last.getAttribute("x")) + Number(last.getAttribute("width")) - left));
    chart.append(mark);
    rows.forEach((row, place) => { row.hidden = place < low || place > high; });
    scope.textContent = `${high - low + 1} of ${rows.length} rows: show all`;
    scope.hidden = false;
  };
  scope.addEventListener("click", () => {
    mark.remove();
    rows.forEach((row) => { row.hidden = false; });
    scope.hidden = true;
  });
  hits.forEach((hit, place) => {
    hit.addEventListener("pointerdown", () => { start = place; });
    hit.addEventListener("pointermove", (event) => {
      if (start >= 0 && event.buttons === 1 && place !== start) choose(start, place);
    });
  });
  addEventListener("pointerup", () => { start = -1; });
}

/** A slider beside the date, for whoever wants to pull time along. @param {HTMLFormElement} form */
function scrub(form) {
  const date = /** @type {HTMLInputElement | null} */ (form.querySelector("input[type=date]"));
  const first = Number(form.dataset.first), last = Number(form.dataset.last);
  if (!date || !(last > first)) return;
  const slider = document.createElement("input");
  slider.type = "range";
  slider.min = String(first);
  slider.max = String(last);
  slider.value = String(form.dataset.at);
  slider.setAttribute("aria-label", "Day that is shown");
  slider.addEventListener("input", () => {
    date.value = new Date(Number(slider.value) * 864e5).toISOString().slice(0, 10);
  });
  slider.addEventListener("change", () => form.requestSubmit());
  (form.querySelector(".slot") || form).append(slider);
}

/** Makes the charts of a part of the page answer. @param {ParentNode} root */
function wake(root) {
  for (const chart of /** @type {NodeListOf<SVGElement>} */ (root.querySelectorAll("svg.tt-chart"))) {
    readOut(chart);
    brush(chart);
  }
}

/** Puts the record's present state in place of what is shown, unless somebody is at work in it. */
async function refresh() {
  const busy = document.activeElement && document.activeElement.closest("main, form");
  if (busy || document.querySelector("main details[open], .scope:not([hidden])")) return;
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const place of ["#verdict", "#main"]) {
    const [old, now] = [document.querySelector(place), fresh.querySelector(place)];
    if (old && now) {
      const kept = document.importNode(now, true);
      old.replaceWith(kept);
      wake(kept);
    }
  }
}

/** Hears of news of the record. @param {string} address */
function listen(address) {
  const source = new EventSource(address);
  source.addEventListener("changed", () => { refresh().catch(() => {}); });
}

wake(document);
document.querySelectorAll("form.when").forEach((form) => scrub(/** @type {HTMLFormElement} */ (form)));
if (document.body.dataset.events) listen(document.body.dataset.events);
