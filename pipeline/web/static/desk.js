// Keys and small comforts for the desk. Every page works without this file.

// The queue has a script of its own.
const onQueue = Boolean(document.querySelector("[data-toast]"));
const rows = [...document.querySelectorAll(".match.row")];
const place = "desk-row:" + location.pathname + location.search;
let at = -1;

function go(to) {
  if (!rows.length) return;
  at = Math.min(Math.max(to, 0), rows.length - 1);
  for (const row of rows) row.removeAttribute("aria-current");
  rows[at].setAttribute("aria-current", "true");
  rows[at].focus({ preventScroll: true });
  rows[at].scrollIntoView({ block: "nearest" });
  sessionStorage.setItem(place, String(at));
}

// The first press only shows where the keys will act: nobody approves what they have not looked at.
function current() {
  if (at < 0) {
    go(0);
    return undefined;
  }
  return rows[at];
}

const keys = {
  j: () => go(at + 1),
  k: () => go(at - 1),
  a: () => current()?.querySelector(".verdicts [value=approve]")?.click(),
  r: () => current()?.querySelector(".verdicts [value=reject]")?.click(),
  u: () => document.querySelector("[data-undo] button")?.click(),
  o: () => current()?.querySelector("h2 a, h3 a")?.click(),
  n: () => document.querySelector("[data-key=n]")?.click(),
  d: () => document.querySelector("[data-key=d]")?.click(),
  m: () => document.querySelector("[data-key=m]")?.click(),
  s: () => document.querySelector("[data-key=s]")?.click(),
  "/": () => document.querySelector("input[type=search]")?.focus(),
};

document.addEventListener("keydown", (event) => {
  if (onQueue) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat && !"jk".includes(event.key)) return;
  if (event.target.closest("input:not([type=checkbox]), select, textarea, dialog")) return;
  const onRow = event.key === "Enter" && rows.includes(event.target);
  const act = onRow ? keys.o : keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

// After `g` the next key names a page; this works on the queue as well.
const PAGES = { q: "/desk", d: "/desk/digest", f: "/desk/feeds", k: "/desk/keywords", l: "/desk/log" };
let going = false;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.closest("input:not([type=checkbox]), select, textarea, dialog")) return;
  const page = going && PAGES[event.key];
  going = event.key === "g";
  if (!going && !page) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (page) document.querySelector(`nav a[href$="${page}"]`)?.click();
}, true);

// One press, one verdict: a second click while the page loads would be sent again.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    if (!event.defaultPrevented) form.dataset.sent = "yes";
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// A mouse or Tab moves the place that the keys act on.
for (const [number, row] of rows.entries()) {
  row.addEventListener("focusin", () => {
    if (at === number) return;
    at = number;
    for (const other of rows) other.removeAttribute("aria-current");
    row.setAttribute("aria-current", "true");
    sessionStorage.setItem(place, String(at));
  });
}

// Who opens an article works on it, softly: others see the name, may read it and take it over.
const claims = document.querySelector("[data-claims]");
if (claims?.dataset.matches) {
  const { root, csrf, matches } = claims.dataset;
  const body = () => new URLSearchParams({ csrf, match: matches });
  const send = (path) => fetch(root + path, { method: "POST", body: body(), headers: { Accept: "application/json" }, redirect: "manual" });
  let mine = false;
  const claim = async () => {
    try {
      const answer = await send("/desk/claim");
      mine = answer.ok;
      const value = mine || answer.status === 409 ? await answer.json() : {};
      claims.textContent = value.by ? `${value.by} works on this. You can read it, and take it over on the queue.` : "";
    } catch {
      // A claim is a courtesy: without it everything works as before.
    }
  };
  claim();
  setInterval(() => (mine ? send("/desk/stay").catch(() => {}) : claim()), 60_000);
  addEventListener("pagehide", () => {
    if (mine) navigator.sendBeacon(root + "/desk/release", body());
    mine = false;
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) claim();
  });
}

// After a verdict the next one stands where the decided one stood.
const kept = sessionStorage.getItem(place);
if (kept !== null && rows.length && document.querySelector(".flash")) go(Number(kept));
