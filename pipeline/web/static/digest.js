// The digest by key, kept as one types, with arrivals announced. Every form works without this file.

const draft = document.querySelector("#draft");
const rows = [...document.querySelectorAll(".draft-story")];
const PAUSE = 600;
const LOOK = 20_000;
let at = -1;

function go(to) {
  if (!rows.length) return;
  at = Math.min(Math.max(to, 0), rows.length - 1);
  for (const row of rows) row.removeAttribute("aria-current");
  rows[at].setAttribute("aria-current", "true");
  rows[at].focus({ preventScroll: true });
  rows[at].scrollIntoView({ block: "nearest" });
}

function press(...names) {
  if (at < 0) return go(0);
  for (const name of names) rows[at].querySelector(`.moves [value=${name}]:enabled`)?.click();
}

const keys = {
  j: () => go(at + 1),
  k: () => go(at - 1),
  "[": () => press("up"),
  "]": () => press("down"),
  p: () => press("pin", "unpin"),
  x: () => press("out"),
  w: () => (at < 0 ? go(0) : rows[at].querySelector("[data-why]").focus()),
  o: () => (at < 0 ? go(0) : rows[at].querySelector("h3 a").click()),
  n: () => document.querySelector("#note-text")?.focus(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.closest("input:not([type=checkbox]), select, textarea, dialog")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (!keys[event.key]) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  keys[event.key]();
}, true);

for (const [number, row] of rows.entries()) {
  row.addEventListener("focusin", () => {
    at = number;
    for (const other of rows) other.removeAttribute("aria-current");
    row.setAttribute("aria-current", "true");
  });
}

// After a move the story is where the keys act still.
const moved = rows.findIndex((row) => `#${row.id}` === location.hash);
if (moved >= 0) go(moved);

for (const form of document.querySelectorAll("[data-keep]")) {
  const kept = form.querySelector("[data-kept]");
  const version = form.querySelector("[name=version]");
  let timer;
  let waiting = false;
  let sending = false;
  let clashed = false;

  async function keep() {
    if (sending) return;
    sending = true;
    waiting = false;
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { Accept: "application/json" },
        redirect: "error",
      });
      const value = await answer.json();
      if (answer.ok) {
        version.value = value.version;
        kept.textContent = "Kept just now";
      } else if (answer.status === 409) {
        kept.setAttribute("role", "alert");
        kept.textContent = `${value.by || "Somebody"} wrote meanwhile: “${value.theirs}”. Nothing was overwritten: Keep puts yours in its place, loading the page again takes theirs.`;
        version.value = value.version;
        // From here on only the button writes: what the other wrote is not overwritten by typing on.
        clashed = true;
      } else {
        kept.textContent = value.said;
      }
    } catch {
      kept.textContent = "It could not be kept: leave this page open; it is tried again as you type";
    }
    sending = false;
    if (waiting) later();
  }

  function later() {
    if (clashed) return;
    waiting = true;
    clearTimeout(timer);
    timer = setTimeout(keep, PAUSE);
  }

  form.addEventListener("input", later);
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    waiting = false;
  });
  addEventListener("beforeunload", (event) => {
    if (waiting) event.preventDefault();
  });
}

const arrived = document.querySelector("[data-arrived]");

async function look() {
  if (document.hidden) return;
  try {
    const answer = await fetch(`${draft.dataset.folder}/arrivals?since=${draft.dataset.newest}`);
    const { arrived: count } = await answer.json();
    arrived.hidden = !count;
    if (count) arrived.textContent = `${count === 1 ? "1 story has" : `${count} stories have`} been approved since; load the page again to see ${count === 1 ? "it" : "them"}, below what stands here.`;
  } catch {
    // The next look may succeed; nothing depends on this one.
  }
}

if (draft) setInterval(look, LOOK);
