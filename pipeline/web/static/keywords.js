// The keyword editor: what a change would do, while it is typed. The page works without this file.

const PAUSE = 400;
const form = document.querySelector("form[data-preview]");
const area = form.elements.text;
const preview = document.querySelector("#preview");
const busy = document.querySelector("#busy");
const loaded = area.defaultValue;
let timer = 0;
let asking = false;
let leaving = false;

// One question at a time; an answer to a text that is no longer there is not shown.
async function ask() {
  if (asking) return;
  asking = true;
  const text = area.value;
  busy.hidden = false;
  preview.setAttribute("aria-busy", "true");
  const body = new URLSearchParams({ csrf: form.elements.csrf.value, state: form.elements.state.value, text, fragment: "yes" });
  let answer;
  try {
    const response = await fetch(form.dataset.preview, { method: "POST", body });
    answer = response.ok ? await response.text() : undefined;
  } catch {
    answer = undefined;
  }
  asking = false;
  if (text !== area.value) {
    ask();
    return;
  }
  busy.hidden = true;
  preview.removeAttribute("aria-busy");
  if (answer === undefined) preview.textContent = "No preview just now: the service did not answer. What you typed is still here.";
  else preview.innerHTML = answer;
}

area.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(ask, PAUSE);
});

function show(line) {
  const lines = area.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  area.focus();
  area.setSelectionRange(start, start + (lines[line - 1] ?? "").length);
  const height = parseFloat(getComputedStyle(area).lineHeight);
  area.scrollTop = Math.max(0, (line - 4) * height);
  area.scrollLeft = 0;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-line]");
  if (!link) return;
  event.preventDefault();
  show(Number(link.dataset.line));
});

const wanted = document.querySelector("[data-at-once]");
if (wanted) show(Number(wanted.dataset.line));

form.addEventListener("submit", () => { leaving = true; });
addEventListener("pageshow", () => { leaving = false; });
addEventListener("beforeunload", (event) => {
  if (!leaving && area.value !== loaded) event.preventDefault();
});
