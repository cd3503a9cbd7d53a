// Keeps what is typed as a draft and shows its preview. The editor works without this file.

const form = document.querySelector("#editor");
const kept = document.querySelector("#kept");
const previewed = document.querySelector("#previewed");
const PAUSE = 700;
let timer;
let waiting = false;
let sending = false;

async function keep() {
  if (sending) return;
  sending = true;
  waiting = false;
  const fields = new FormData(form);
  fields.set("do", "type");
  try {
    const answer = await fetch(form.dataset.draft, { method: "POST", body: fields, redirect: "error" });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    previewed.replaceChildren(...page.body.childNodes);
    kept.textContent = "Unsaved text of yours, kept just now";
  } catch {
    kept.textContent = "Your text could not be kept: leave this page open; it is tried again as you type";
  }
  sending = false;
  if (waiting) later();
}

function later() {
  waiting = true;
  clearTimeout(timer);
  timer = setTimeout(keep, PAUSE);
}

if (form) {
  form.addEventListener("input", later);
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    waiting = false;
  });
  addEventListener("beforeunload", (event) => {
    if (waiting) event.preventDefault();
  });
}

// Beside an article the background opens at the paragraph that shares most with it.
for (const whole of document.querySelectorAll(".whole")) {
  const best = whole.querySelector(".best");
  if (best) whole.scrollTop = best.offsetTop - whole.clientHeight / 4;
}
