// What a page can do beyond HTML: it changes by itself when something changed, tells times in the clocks of who looks, and
// obeys keys. Without it every page works all the same.
"use strict";

const root = document.documentElement;
root.dataset.alive = "";

// ---- times ----

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const words = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const steps = [["second", 60], ["minute", 60], ["hour", 24], ["day", 7]];

function ago(then) {
  let count = (then - Date.now()) / 1000;
  for (const [unit, size] of steps) {
    if (Math.abs(count) < size) return words.format(Math.round(count), unit);
    count /= size;
  }
  return new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format(then);
}

function tellTimes(within) {
  for (const time of within.querySelectorAll("time[datetime]:not([data-exact])")) {
    const then = new Date(time.dateTime);
    if (Number.isNaN(then.getTime())) continue;
    const text = ago(then);
    if (time.textContent !== text) time.textContent = text;
    time.title = `${exact.format(then)} (${time.dateTime})`;
  }
  for (const time of within.querySelectorAll("time[data-exact]")) {
    const then = new Date(time.dateTime);
    time.textContent = `${String(then.getHours()).padStart(2, "0")}${time.dateTime.slice(13, 14)}${String(then.getMinutes()).padStart(2, "0")}${time.dateTime.slice(16, 23)}`;
    time.title = time.dateTime;
  }
}

// ---- exchanging what changed ----

const key = (node) =>
  node.nodeType === Node.ELEMENT_NODE
    ? node.id || node.dataset.id || node.getAttribute("action") || node.getAttribute("name") || ""
    : "";
const alike = (old, fresh) => old.nodeType === fresh.nodeType && old.nodeName === fresh.nodeName && key(old) === key(fresh);

// What a person did to an element: it stays.
const kept = { DETAILS: ["open"], INPUT: ["value", "checked"], SELECT: ["value"], OPTION: ["selected"], DIALOG: ["open"] };

function takeAttributes(old, fresh) {
  const mine = old.type === "hidden" ? [] : kept[old.nodeName] || [];
  for (const { name } of [...old.attributes])
    if (!fresh.hasAttribute(name) && !mine.includes(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes)
    if (old.getAttribute(name) !== value && !mine.includes(name)) old.setAttribute(name, value);
}

// Makes old like fresh with as few changes as possible: focus, selection, scrolling and half-written fields stay. What has
// a key is known by it wherever it stands; everything else by its place between those.
function become(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  if (old.nodeName === "TIME" && old.dateTime === fresh.dateTime) return;
  if (old.isEqualNode(fresh)) return;
  takeAttributes(old, fresh);
  const wantedKeys = new Set([...fresh.childNodes].map(key));
  const isWanted = (node) => key(node) !== "" && wantedKeys.has(key(node));
  let at = old.firstChild;
  const removeUntil = (end) => {
    while (at && at !== end && !isWanted(at)) {
      const gone = at;
      at = at.nextSibling;
      gone.remove();
    }
  };
  for (const wanted of fresh.childNodes) {
    let found = at;
    if (key(wanted)) while (found && !alike(found, wanted)) found = found.nextSibling;
    else while (found && !alike(found, wanted)) found = isWanted(found) || wanted.nodeType === Node.TEXT_NODE ? null : found.nextSibling;
    if (!found) {
      old.insertBefore(document.importNode(wanted, true), at);
      continue;
    }
    removeUntil(found);
    if (at === found) at = at.nextSibling;
    else old.insertBefore(found, at); // the order is another one now
    become(found, wanted);
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
}

let asking = false;
let again = false;

async function exchange() {
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
    if (answer.redirected && new URL(answer.url).pathname !== location.pathname) {
      signedOut = answer.url;
      say("You are signed out.", "Sign in", signedOut);
      return;
    }
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.title = fresh.title;
    for (const old of document.querySelectorAll("[data-live][id]")) {
      const found = fresh.getElementById(old.id);
      if (found) become(old, found);
    }
    tellTimes(document);
  } finally {
    asking = false;
    if (again) {
      again = false;
      setTimeout(exchange, 200);
    }
  }
}

// ---- being told ----

const toast = document.getElementById("toast");
let wait = 1000;
let signedOut = "";

function say(text, word, address) {
  if (!toast) return;
  toast.hidden = !text;
  toast.textContent = text;
  if (!word) return;
  const link = document.createElement("a");
  link.textContent = word;
  link.href = address;
  toast.append(" ", link);
}

let source;

function listen() {
  if (signedOut) return;
  source = new EventSource("/live");
  source.addEventListener("open", () => {
    if (wait > 1000) exchange().catch(() => {});
    wait = 1000;
    say("");
  });
  source.addEventListener("change", () => exchange().catch(() => {}));
  source.addEventListener("error", () => {
    source.close();
    if (signedOut) return;
    if (wait >= 2000) {
      say("Connection lost. Trying again …");
      exchange().catch(() => {}); // tells whether it is only the session that is over
    }
    setTimeout(listen, wait);
    wait = Math.min(wait * 2, 30000);
  });
}

addEventListener("pagehide", () => source && source.close());
addEventListener("pageshow", (event) => event.persisted && listen());

// ---- keys ----

const places = {};
for (const each of document.querySelectorAll("[data-key]")) places[each.dataset.key] = each;
let going = false;

function help() {
  let box = document.querySelector("dialog.help");
  if (!box) {
    box = document.createElement("dialog");
    box.className = "help";
    box.setAttribute("aria-labelledby", "help-title");
    const title = document.createElement("h2");
    title.id = "help-title";
    title.textContent = "Keys";
    const list = document.createElement("dl");
    const rows = [["/", "Search"], ["?", "This help"], ["Esc", "Close what is open"]];
    for (const [name, place] of Object.entries(places)) rows.push([`g ${name}`, place.textContent]);
    for (const [name, text] of rows) {
      const term = document.createElement("dt");
      const kbd = document.createElement("kbd");
      kbd.textContent = name;
      term.append(kbd);
      const what = document.createElement("dd");
      what.textContent = text;
      list.append(term, what);
    }
    const form = document.createElement("form");
    form.method = "dialog";
    const close = document.createElement("button");
    close.textContent = "Close";
    form.append(close);
    box.append(title, list, form);
    document.body.append(box);
  }
  if (!box.open) box.showModal();
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    for (const open of document.querySelectorAll("details.verb[open]")) {
      open.open = false;
      open.querySelector("summary").focus();
    }
    return;
  }
  if (event.target.closest("input, select, textarea, dialog")) return;
  if (going && places[event.key]) places[event.key].click();
  else if (event.key === "/") {
    const find = document.getElementById("find");
    if (find) {
      event.preventDefault();
      find.focus();
      find.select();
    }
  } else if (event.key === "?") help();
  going = event.key === "g";
});

// A click beside an open fold closes it; a button that was pressed is not pressed twice.
addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.verb[open]"))
    if (!open.contains(event.target)) open.open = false;
});
addEventListener("submit", (event) => {
  if (event.target.method !== "post") return;
  if (event.target.dataset.sent !== undefined) return event.preventDefault();
  event.target.dataset.sent = "";
  setTimeout(() => delete event.target.dataset.sent, 5000); // the answer may never come
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

tellTimes(document);
setInterval(() => tellTimes(document), 10000);
if (document.getElementById("live")) listen();
