// Keeps the page up to date: requests the current page repeatedly and morphs changes into the
// document. Scroll position, focus and typed text stay.
"use strict";

const VISIBLE_MS = 450;
const HIDDEN_MS = 5000;
const ANSWER_MS = 4000;
const touched = new WeakSet();

// A changed field keeps its value until its form was sent and accepted.
document.addEventListener("input", (event) => touched.add(event.target));
// A file needs no text.
document.addEventListener("input", ({ target }) => {
  if (target.name === "media_url") target.form.elements.body.required = !target.value;
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const sent = event.detail.requestConfig.elt;
  if (event.detail.xhr.status >= 400) return;
  for (const field of sent.elements ?? []) touched.delete(field);
  sent.closest("details.more")?.removeAttribute("open");
});

function page() {
  return document.getElementById("page");
}

let isLiveUpdate = false;
function keepsUp(old, fresh) {
  if (touched.has(old)) return false;
  // Flashed messages and the key of a form stay until the next action of the user.
  if (isLiveUpdate && (old.id === "flash" || old.id === "live" || old.hasAttribute?.("data-kept"))) return false;
  // A picture drawn by another script from the data beside it.
  return !(old.hasAttribute?.("data-drawn") && old.dataset.drawn === fresh.dataset?.drawn);
}

function keepsAttribute(name, node) {
  // What the user opened stays open; the text of a time is set below.
  if (name === "open" && (node.tagName === "DETAILS" || node.tagName === "DIALOG")) return false;
  return !(node.tagName === "TIME" && name === "title");
}

// For the swaps of htmx as well.
Object.assign(Idiomorph.defaults, { restoreFocus: true });
Object.assign(Idiomorph.defaults.callbacks, {
  beforeNodeMorphed: keepsUp,
  beforeAttributeUpdated: keepsAttribute,
});

function morph(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const ends = [...document.querySelectorAll("[data-end]")].map((pane) => [pane, isAtEnd(pane)]);
  isLiveUpdate = true;
  Idiomorph.morph(document.body, fresh.body.children, { morphStyle: "innerHTML", ignoreActiveValue: true });
  isLiveUpdate = false;
  document.title = fresh.title;
  for (const [pane, wasAtEnd] of ends) if (wasAtEnd) pane.scrollTop = pane.scrollHeight;
  htmx.process(document.body);
  settle();
}

function isAtEnd(pane) {
  return pane.scrollHeight - pane.scrollTop - pane.clientHeight < 60;
}

// Times in the viewer's time zone and language; the server wrote UTC for browsers without scripts.
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const short = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

function ago(moment) {
  const seconds = (Date.now() - moment) / 1000;
  if (seconds < 60) return "now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h`;
  if (seconds < 7 * 86400) return `${Math.floor(seconds / 86400)} d`;
  return (moment.getFullYear() === new Date().getFullYear() ? short : day).format(moment);
}

function updateTimes() {
  for (const time of document.querySelectorAll("time[data-as]")) {
    const moment = new Date(time.dateTime);
    const texts = { ago, clock: (m) => clock.format(m), day: (m) => day.format(m) };
    const text = texts[time.dataset.as](moment);
    if (time.textContent !== text) time.textContent = text;
    time.title = full.format(moment);
  }
}

// After every change of the document.
const settled = new WeakSet();
function settle() {
  updateTimes();
  for (const pane of document.querySelectorAll("[data-end]")) {
    if (settled.has(pane)) continue;
    settled.add(pane);
    pane.scrollTop = pane.scrollHeight;
  }
  document.dispatchEvent(new CustomEvent("parley:settled"));
}

let lost = null;
function showLive(isLive, problem) {
  const sign = document.getElementById("live");
  if (!sign) return;
  lost = isLive ? null : (lost ?? new Date());
  const text = isLive ? "Live" : problem ?? `Not live since ${clock.format(lost)}. Trying again…`;
  const word = sign.querySelector(".word");
  if (word.textContent !== text) word.textContent = text;
  sign.classList.toggle("bad", !isLive);
}

let isAsking = false;
async function look() {
  const shown = page();
  // A request of the user goes first; a page that is not live is left alone.
  if (!shown?.dataset.version || isAsking || document.querySelector(".htmx-request")) return;
  isAsking = true;
  const address = location.href;
  const version = shown.dataset.version;
  try {
    const response = await fetch(address, {
      headers: { "Parley-Live": version, ...(document.hidden && { "Parley-Hidden": "1" }) },
      cache: "no-store",
      redirect: "error",
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    if (response.status === 401) {
      showLive(false, "You've been signed out. Reload the page to sign in.");
    } else if (response.ok) {
      const html = response.status === 204 ? "" : await response.text();
      // The user may have left the page or sent a form in the meantime.
      const isStill = location.href === address && page()?.dataset.version === version;
      if (html && isStill && !document.querySelector(".htmx-request")) morph(html);
      showLive(true);
    } else {
      showLive(false);
    }
  } catch {
    showLive(false);
  } finally {
    isAsking = false;
  }
}

let timer;
function again() {
  clearTimeout(timer);
  timer = setTimeout(() => look().then(again), document.hidden ? HIDDEN_MS : VISIBLE_MS);
}

// A canned reply goes where the cursor is, as if typed.
document.addEventListener("change", (event) => {
  const field = document.getElementById(event.target.dataset?.fills ?? "");
  if (!field || !event.target.value) return;
  field.setRangeText(event.target.value, field.selectionStart, field.selectionEnd, "end");
  event.target.value = "";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
});
document.addEventListener("visibilitychange", again);
document.addEventListener("htmx:afterSettle", settle);
// "/" leads to the search, as everywhere.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
  const search = document.querySelector("input[type=search]");
  if (search) {
    event.preventDefault();
    search.focus();
  }
});
// Ctrl+Enter sends what is written.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches?.("textarea")) {
    event.target.form?.requestSubmit();
  }
});
settle();
setInterval(updateTimes, 10000);
again();
