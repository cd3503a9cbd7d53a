// The queue by key: verdicts at once, Undo beside them, nothing that moves what is being read.
// Every form of the page works without this file.

const bulk = document.querySelector("#bulk");
const list = document.querySelector(".queue");
const toast = document.querySelector("[data-toast]");
const said = toast.querySelector("p");
const act = toast.querySelector("button");
const left = document.querySelector("[data-left]");
const arrived = document.querySelector("[data-arrivals]");
const UNDO_FOR = 10_000;
const stack = JSON.parse(sessionStorage.getItem("desk-undo") || "[]");
const { root, me } = toast.dataset;
const token = document.querySelector("input[name=csrf]").value;
const inPlace = toast.dataset.status === "pending";
let at = null;
let lastTicked = null;
let timer = 0;
let leaving = false;
// One request after the other, so that an Undo never overtakes its verdict.
let line = Promise.resolve();
// Verdicts stay here until they are answered, though the service or this page goes away meanwhile.
const outbox = JSON.parse(sessionStorage.getItem("desk-outbox") || "[]");
let silent = false;
const BACK = "The service answers again: what was kept is stored.";

const shown = () => (list ? [...list.querySelectorAll(":scope > .row:not([hidden])")] : []);
const ticked = () => shown().filter((row) => row.querySelector(".tick input").checked);
const chosen = () => (ticked().length ? ticked() : at && !at.hidden ? [at] : []);
const title = (row) => {
  const words = row.querySelector("h2").textContent.trim();
  return words.length > 90 ? `${words.slice(0, 88).trimEnd()} …` : words;
};
const named = (rows) => (rows.length === 1 ? `“${title(rows[0])}”` : `${rows.length} stories`);

function mark(row) {
  if (at && at !== row) at.removeAttribute("aria-current");
  at = row;
  row?.setAttribute("aria-current", "true");
}

function go(row) {
  if (!row) return;
  mark(row);
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const rows = shown();
  if (!at || at.hidden) return go(rows[0]);
  go(rows[rows.indexOf(at) + by]);
}

// The first press only shows where the keys will act: nobody approves what they have not looked at.
function ready() {
  if (chosen().length) return true;
  if (shown().length) go(shown()[0]);
  return false;
}

function tell(words, label, action, lasts = UNDO_FOR) {
  clearTimeout(timer);
  said.textContent = words;
  act.hidden = !label;
  act.textContent = label ?? "";
  act.onclick = () => { toast.hidden = true; action?.(); };
  toast.hidden = false;
  if (lasts) timer = setTimeout(() => { toast.hidden = true; }, lasts);
}

async function send(path, fields) {
  const body = new URLSearchParams({ csrf: token });
  for (const [name, value] of fields) body.append(name, value);
  let answer;
  try {
    answer = await fetch(root + path, { method: "POST", body, headers: { Accept: "application/json" }, redirect: "manual" });
  } catch {
    throw unreached();
  }
  if (answer.status >= 502 && answer.status <= 504) throw unreached();
  if ((answer.headers.get("content-type") ?? "").includes("json")) {
    const value = await answer.json();
    if (answer.ok) return value;
    throw Object.assign(new Error(value.said), { status: answer.status, value });
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  throw new Error(page.querySelector("main p")?.textContent ?? "Your login has ended: nothing was stored. Load the page again.");
}

const unreached = () => Object.assign(new Error("The service does not answer: nothing was stored. Try again."), { unreached: true });

// Asks again until there is an answer; the line behind it waits, so that the order stays.
async function deliver(path, fields, onceMore) {
  for (let pause = 1_000; ; pause = Math.min(2 * pause, 15_000)) {
    try {
      const value = await send(path, fields);
      if (silent) tell(BACK);
      silent = false;
      return value;
    } catch (error) {
      if (!error.unreached) {
        silent = false;
        throw error;
      }
      silent = true;
      onceMore?.();
      const kept = outbox.length > 1 ? `${outbox.length} verdicts are kept here and stored` : "What you did is kept here and stored";
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, pause);
        addEventListener("online", resolve, { once: true });
        tell(`The service does not answer. ${kept} as soon as it does.`, "Try now", () => { clearTimeout(timer); resolve(); }, 0);
      });
    }
  }
}

function queue(work) {
  line = line.then(work).catch((error) => tell(error.message, null, null, 0));
  return line;
}

// One field for all rows: a form may hold far fewer fields than rows can be ticked.
function matches(rows) {
  const byStatus = new Map();
  for (const row of rows) {
    const [ids, status] = row.dataset.row.split(":");
    byStatus.set(status, [...(byStatus.get(status) ?? []), ids]);
  }
  return [...byStatus].map(([status, ids]) => ["match", `${ids.join("-")}:${status}`]);
}

function hide(rows) {
  const all = shown();
  const gone = new Set(rows);
  const last = all.indexOf(gone.has(at) ? at : rows[0]);
  const next = all.slice(last).find((row) => !gone.has(row)) ?? all.slice(0, last).reverse().find((row) => !gone.has(row));
  const hadFocus = document.activeElement === document.body || rows.some((row) => row.contains(document.activeElement));
  for (const row of rows) {
    row.hidden = true;
    row.querySelector(".tick input").checked = false;
  }
  count();
  if (gone.has(at)) {
    mark(null);
    if (next && hadFocus) go(next);
    else if (next) mark(next);
  }
  finish();
}

function bring(rows) {
  for (const row of rows) row.hidden = false;
  finish();
  if (rows[0]) go(rows[0]);
}

function finish() {
  const done = document.querySelector("[data-done]");
  if (done) done.hidden = shown().length > 0;
}

function setLeft(value) {
  if (value === undefined || !left) return;
  left.textContent = value.toLocaleString("en");
  document.title = document.title.replace(/\([\d,+]+\)/, `(${left.textContent})`);
}

const later = (words) => { sessionStorage.setItem("desk-said", words); };

function decide(rows, verdict, reason) {
  if (!rows.length) return;
  const names = named(rows);
  const entry = { me, ids: rows.map((row) => row.id), fields: [["verdict", verdict], ["reason", reason], ...matches(rows)] };
  outbox.push(entry);
  keep();
  hide(rows);
  if (!silent) tell(`${verdict === "approve" ? "Approved" : "Rejected"}: ${names}${reason ? `, ${reason}` : ""}.`, "Undo", undo);
  settle(entry);
}

const keep = () => sessionStorage.setItem("desk-outbox", JSON.stringify(outbox));

// An answer that was lost on its way: asked again, the verdict stands already, and it is ours.
function stored(entry, error) {
  const stands = { approve: "approved", reject: "rejected" }[entry.fields[0][1]];
  const stale = error.value?.stale ?? [];
  return entry.again && stale.length > 0 && stale.every((each) => each.by === me && each.stands === stands);
}

function settle(entry) {
  const rows = entry.ids.map((id) => document.getElementById(id)).filter(Boolean);
  queue(async () => {
    let value;
    try {
      value = await deliver("/desk/review", entry.fields, () => { entry.again = true; });
    } catch (error) {
      if (stored(entry, error)) {
        tell(BACK);
        return;
      }
      bring(rows);
      const both = (error.value?.stale ?? []).map((each) => `“${each.title}”: you saw ${each.saw}, it is ${each.stands}${each.by ? ` by ${each.by}` : ""}.`);
      tell([error.message, ...both].join(" "), both.length ? "Load the page again" : null, () => location.reload(), 0);
      return;
    } finally {
      outbox.splice(outbox.indexOf(entry), 1);
      keep();
    }
    setLeft(value.left);
    if (value.undo) remember({ review: value.undo, ids: entry.ids });
    if (entry.again) tell(BACK, value.undo ? "Undo" : null, undo);
    if (value.skipped.length) {
      const skipped = new Set(value.skipped.map((each) => String(each.match)));
      const kept = rows.filter((row) => row.dataset.row.split(":")[0].split("-").some((id) => skipped.has(id)));
      bring(kept);
      const who = [...new Set(value.skipped.map((each) => each.editor))].join(", ");
      tell(`Skipped, because ${who} works on it: ${kept.map(title).join("; ")}.`, value.undo ? "Undo the rest" : null, undo, 0);
    }
  });
}

function remember(entry) {
  stack.push(entry);
  sessionStorage.setItem("desk-undo", JSON.stringify(stack.slice(-100)));
}

function undo() {
  queue(async () => {
    const last = stack.pop();
    sessionStorage.setItem("desk-undo", JSON.stringify(stack));
    if (!last) {
      const form = document.querySelector("[data-undo]");
      if (form) form.requestSubmit();
      else tell("There is nothing to take back on this page; the log keeps everything.");
      return;
    }
    const value = last.change
      ? await deliver("/desk/unmerge", [["change", last.change]])
      : last.hold
      ? await deliver("/desk/unhold", [["match", last.hold]])
      : await deliver("/desk/undo", [["review", last.review]]);
    const rows = last.ids.map((id) => document.getElementById(id)).filter((row) => row?.hidden);
    if (last.reload || rows.length < last.ids.length) {
      later(value.said);
      location.reload();
      return;
    }
    bring(rows);
    setLeft(value.left);
    tell(value.said);
  });
}

// The answer is taken with the key itself: a close event would come after the next key.
function choose(dialog, then) {
  const take = (event, button) => {
    event.preventDefault();
    event.stopPropagation();
    dialog.close();
    if (button.value !== "cancel") then(button.value);
  };
  dialog.onclick = (event) => {
    const button = event.target.closest("button");
    if (button) take(event, button);
  };
  dialog.onkeydown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const focused = event.key === "Enter" && event.target.matches("button") && event.target !== dialog.querySelector("button");
    const button = focused ? null : dialog.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (button) take(event, button);
  };
  dialog.showModal();
}

function reject(rows) {
  document.querySelector("#why-title").textContent = `Reject ${named(rows)}: why?`;
  choose(document.querySelector("#why"), (reason) => decide(rows, "reject", reason));
}

function hold(rows, hours) {
  if (!hours) {
    choose(document.querySelector("#how-long"), (value) => hold(rows, value));
    return;
  }
  const fields = [["hours", hours], ...matches(rows)];
  const names = named(rows);
  hide(rows);
  tell(`On hold: ${names}.`, "Undo", undo);
  queue(async () => {
    try {
      const value = await deliver("/desk/hold", fields);
      setLeft(value.left);
      remember({ hold: fields[1][1], ids: rows.map((row) => row.id) });
    } catch (error) {
      bring(rows);
      throw error;
    }
  });
}

// What is merged into another row leaves; the row that stays decides for all.
async function regroup(rows, path, fields, words) {
  hide(rows);
  tell(words, "Undo", undo);
  queue(async () => {
    let value;
    try {
      value = await send(path, fields);
    } catch (error) {
      bring(rows);
      throw error;
    }
    setLeft(value.left);
    remember({ change: value.change, ids: rows.map((row) => row.id) });
  });
}

function merge(rows) {
  const [stays, ...gone] = rows;
  const fields = [...rows.map((row) => ["story", row.dataset.story]), ["into", stays.dataset.story]];
  for (const row of rows) tick(row, false);
  queue(async () => {
    const value = await send("/desk/merge", fields);
    remember({ change: value.change, ids: [], reload: true });
    later(`Merged: ${gone.length + 1} stories. Press u to undo.`);
    location.reload();
  });
}

function pick(row, how) {
  const dialog = document.querySelector("#pick");
  const list = dialog.querySelector("#picks");
  const field = dialog.querySelector("input");
  const found = dialog.querySelector("[data-found]");
  const asks = how === "duplicate" ? "Duplicate of which story?" : "Merge into which story?";
  dialog.querySelector("h2").textContent = asks;
  field.value = "";
  let asked = 0;
  const take = (button) => {
    const into = button.dataset.story;
    dialog.close();
    const words = how === "duplicate" ? `Marked as a duplicate: ${named([row])}.` : `Merged: ${named([row])}.`;
    const there = shown().some((other) => other !== row && other.dataset.story === into);
    if (how === "merge" && there) merge([shown().find((other) => other.dataset.story === into), row]);
    else regroup([row], `/desk/${how}`, [["story", row.dataset.story], ["into", into]], words);
  };
  const show = async () => {
    const turn = ++asked;
    const query = new URLSearchParams({ q: field.value });
    let stories = [];
    try {
      const answer = await fetch(`${root}/desk/stories/${row.dataset.story}/likely?${query}`, { headers: { Accept: "application/json" }, redirect: "manual" });
      ({ stories } = await answer.json());
    } catch {
      found.textContent = "The service does not answer. Try again.";
      return;
    }
    if (turn !== asked) return;
    list.replaceChildren(...stories.map((each, number) => {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.story = each.story;
      if (number < 9) {
        const key = document.createElement("kbd");
        key.textContent = number + 1;
        button.append(key, " ");
      }
      const headline = document.createElement("bdi");
      headline.textContent = each.title || "(no headline)";
      const why = document.createElement("small");
      const copies = each.copies > 1 ? `${each.copies} copies` : "";
      const shares = each.shared.length ? `shares ${each.shared.slice(0, 6).join(", ")}` : "";
      why.textContent = [copies, each.published ? "published" : "", shares].filter(Boolean).join("; ");
      button.append(headline, why);
      return button;
    }));
    found.textContent = stories.length ? `${stories.length} stories` : "No other story found.";
  };
  const focusable = () => [...list.querySelectorAll("button")];
  dialog.onclick = (event) => {
    const button = event.target.closest("button");
    if (button) event.preventDefault();
    if (button?.dataset.story) take(button);
    else if (button) dialog.close();
  };
  dialog.onkeydown = (event) => {
    event.stopPropagation();
    const buttons = focusable();
    const place = buttons.indexOf(document.activeElement);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const to = place + (event.key === "ArrowDown" ? 1 : -1);
      (buttons[to] ?? field).focus();
    } else if (event.target !== field && /^[1-9]$/.test(event.key) && buttons[event.key - 1]) {
      event.preventDefault();
      take(buttons[event.key - 1]);
    } else if (event.target !== field && event.key === "/") {
      event.preventDefault();
      field.focus();
    } else if (event.target === field && event.key === "Enter") {
      event.preventDefault();
      show().then(() => focusable()[0]?.focus());
    }
  };
  field.oninput = () => {
    clearTimeout(field.timer);
    field.timer = setTimeout(show, 200);
  };
  dialog.showModal();
  show().then(() => focusable()[0]?.focus());
}

const one = () => at ?? chosen()[0];

function badge(row, editor) {
  const holder = row.querySelector(".badges");
  holder.querySelector(".claimed")?.remove();
  if (!editor) return;
  const made = document.createElement("span");
  made.className = "badge claimed";
  made.dataset.claimed = editor;
  made.textContent = `claimed by ${editor === me ? "you" : editor}`;
  holder.append(made);
}

const mine = (row) => row.querySelector(".claimed")?.dataset.claimed === me;

function claim(rows, over = false) {
  const give = rows.every(mine);
  queue(async () => {
    try {
      const value = await send(give ? "/desk/release" : "/desk/claim", [...matches(rows), ...(over ? [["take_over", "yes"]] : [])]);
      for (const row of rows) badge(row, give ? null : me);
      tell(value.said);
    } catch (error) {
      if (error.status !== 409) throw error;
      tell(error.message, "Take over", () => claim(rows, true), 0);
    }
  });
}

function tick(row, to) {
  row.querySelector(".tick input").checked = to;
}

function count() {
  if (!bulk) return;
  const rows = ticked();
  const articles = rows.reduce((sum, row) => sum + Number(row.dataset.articles), 0);
  const much = articles > rows.length ? `${rows.length}, ${articles} articles` : rows.length;
  for (const button of bulk.querySelectorAll("[data-count]")) {
    button.textContent = button.textContent.replace(/ ticked.*/, rows.length ? ` ticked (${much})` : " ticked");
    button.disabled = rows.length === 0;
  }
}

const press = (value) => {
  if (ticked().length) bulk.querySelector(`[value=${value}]`).click();
  else at.querySelector(`.whole [value=${value}]`)?.click();
};

const keys = {
  j: () => step(1),
  k: () => step(-1),
  a: () => ready() && (inPlace ? decide(chosen(), "approve", "") : press("approve")),
  r: () => ready() && (inPlace ? reject(chosen()) : press("reject")),
  h: () => ready() && inPlace && hold(chosen()),
  c: () => ready() && inPlace && claim(chosen()),
  d: () => ready() && inPlace && one().dataset.story && pick(one(), "duplicate"),
  m: () => {
    if (!ready() || !inPlace) return;
    const rows = chosen().filter((row) => row.dataset.story);
    if (rows.length > 1) merge(rows);
    else if (rows.length) pick(rows[0], "merge");
  },
  s: () => ready() && one().querySelector("[data-split]")?.click(),
  u: undo,
  o: () => ready() && (at ?? chosen()[0]).querySelector("h2 a").click(),
  e: () => { const more = at?.querySelector(".others"); if (more) more.open = !more.open; },
  x: () => {
    if (!at && !ready()) return;
    tick(at, !at.querySelector(".tick input").checked);
    lastTicked = at;
    count();
  },
  X: () => {
    if (!at) return;
    const rows = shown();
    const [from, to] = [rows.indexOf(lastTicked ?? at), rows.indexOf(at)].sort((one, two) => one - two);
    for (const row of rows.slice(Math.max(from, 0), to + 1)) tick(row, true);
    lastTicked = at;
    count();
    tell(`${ticked().length} ticked.`);
  },
  "*": () => {
    const all = shown().length > ticked().length;
    for (const row of shown()) tick(row, all);
    count();
    tell(all ? `All ${shown().length} shown are ticked.` : "None is ticked.");
  },
  n: () => (arrived.querySelector("a") ?? document.querySelector("[data-done]:not([hidden]) a"))?.click(),
  "/": () => {
    const words = document.querySelector("input[type=search]");
    if (!words.checkVisibility()) words.closest("details").open = true;
    words.focus();
  },
  "?": () => document.querySelector("#keys").showModal(),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=checkbox]), select, textarea, dialog");
  if (event.key === "Escape" && event.target.matches("input[type=search]")) event.target.blur();
  if (typing) return;
  if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key === "z") {
    event.preventDefault();
    undo();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || (event.repeat && !"jk".includes(event.key))) return;
  if (event.key === "Shift") return;
  const onRow = event.key === "Enter" && (event.target === at || event.target === document.body);
  const action = onRow ? keys.o : Object.hasOwn(keys, event.key) ? keys[event.key] : null;
  if (!action) return;
  event.preventDefault();
  action();
});

// The keys show while Shift is held for a moment.
const keybar = document.querySelector("[data-keybar]");
let held = 0;
document.addEventListener("keydown", (event) => {
  clearTimeout(held);
  if (event.key === "Shift" && !event.target.closest("input, textarea")) held = setTimeout(() => { keybar.hidden = false; }, 400);
});
for (const kind of ["keyup", "blur"]) addEventListener(kind, () => { clearTimeout(held); keybar.hidden = true; });

// Buttons do by fetch what their forms would do with a new page.
document.addEventListener("submit", (event) => {
  const by = event.submitter;
  if (!inPlace || !by) return;
  const reason = event.target.querySelector("input[name=reason]");
  const row = event.target.closest(".queue > .row");
  const rows = event.target === bulk ? ticked() : event.target.matches(".whole") ? [row] : [];
  if (!rows.length) return;
  if (by.name === "verdict") {
    event.preventDefault();
    if (by.value === "reject" && !reason.value) reject(rows);
    else {
      decide(rows, by.value, reason.value.trim());
      reason.value = "";
    }
  } else if (by.dataset.act === "merge") {
    event.preventDefault();
    if (rows.length > 1) merge(rows.filter((each) => each.dataset.story));
    else pick(rows[0], "merge");
  } else if (by.dataset.act === "hold") {
    event.preventDefault();
    hold(rows, event.target.querySelector("[name=hours]").value);
  }
}, true);

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-pick]");
  if (!link || !inPlace || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  pick(link.closest(".row"), link.dataset.pick);
});

for (const kind of ["focusin", "click"]) {
  list?.addEventListener(kind, (event) => {
    const row = event.target.closest(".queue > .row");
    if (row) mark(row);
  });
}
document.addEventListener("change", (event) => {
  if (!event.target.matches(".tick input")) return;
  lastTicked = event.target.closest(".row");
  count();
});

// Claims live while the page is open, and end with it unless one of its articles is read.
setInterval(() => { if (shown().some(mine)) send("/desk/stay", []).catch(() => {}); }, 60_000);
document.addEventListener("click", (event) => { leaving = Boolean(event.target.closest("a[href*='/desk/articles/']")); });
document.addEventListener("submit", () => { leaving = true; });
addEventListener("pagehide", () => {
  const rows = shown().filter(mine);
  if (leaving || !rows.length) return;
  const body = new URLSearchParams({ csrf: token });
  for (const [name, value] of matches(rows)) body.append(name, value);
  navigator.sendBeacon(root + "/desk/release", body);
});

// What arrives is announced; the page stays as it is until it is asked for.
// Where the server hears of arrivals it answers when there are some; elsewhere it is asked now and then.
const pause = Number(sessionStorage.getItem("desk-look")) || 30_000;
let nextLook = 0;
let asking = false;
async function look() {
  if (asking) return;
  clearTimeout(nextLook);
  const hears = "hears" in arrived.dataset;
  asking = true;
  const heard = !document.hidden && await ask(hears ? "&wait=25" : "");
  asking = false;
  nextLook = setTimeout(look, hears && heard ? 1_000 : pause);
}
async function ask(wait) {
  try {
    const answer = await fetch(arrived.dataset.arrivals + wait, { headers: { Accept: "application/json" }, redirect: "manual" });
    const { new: many } = await answer.json();
    if (!many || arrived.dataset.many === String(many)) return true;
    arrived.dataset.many = many;
    const link = document.createElement("a");
    link.href = location.href;
    link.textContent = "show";
    arrived.replaceChildren(`${many} new, `, link);
    return true;
  } catch {
    return false; // the next look may succeed; verdicts say themselves when nothing answers
  }
}
if (inPlace) {
  nextLook = setTimeout(look, "hears" in arrived.dataset ? 0 : pause);
  document.addEventListener("visibilitychange", look);
}

const words = sessionStorage.getItem("desk-said");
if (words) {
  sessionStorage.removeItem("desk-said");
  tell(words);
}
addEventListener("beforeunload", (event) => { if (silent) event.preventDefault(); });
for (const entry of outbox.filter((each) => each.me === me)) {
  entry.again = true;
  const rows = entry.ids.map((id) => document.getElementById(id)).filter(Boolean);
  if (inPlace) hide(rows);
  settle(entry);
}
document.querySelector("[data-hint]").hidden = false;
addEventListener("pageshow", count);
count();
