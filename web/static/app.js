// Comfort only: every page works without it.
"use strict";

// Keys in the work list act on the row that has the focus, so they never catch text that is typed.
// j and k move, Enter opens, c confirms, a assigns, d chooses the office, x opens the reason for not handling, s ticks the
// row. What was dealt with is passed over.
const rows = [...document.querySelectorAll("[data-row]")];
const move = (from, step) => {
  let at = rows.indexOf(from) + step;
  while (rows[at]?.classList.contains("done")) at += step;
  if (rows[at]) rows[at].focus();
  else if (step > 0) document.querySelector('nav.more a[rel="next"]')?.focus();
};
// In the list of offices letters find one by its code, which is the first letters of its name: rsj. Enter assigns.
let letters = { text: "", at: 0 };
const chooseOffice = (event, select) => {
  if (event.key === "Enter") press(select.closest("[data-row]"), "a");
  else if (/^[a-z]$/.test(event.key)) {
    letters = { text: event.timeStamp - letters.at > 1500 ? event.key : letters.text + event.key, at: event.timeStamp };
    const found = [...select.options].find((option) => option.value.startsWith(letters.text));
    if (found) select.value = found.value;
  } else return;
  event.preventDefault();
};
const press = (row, name) => row.querySelector(`[data-key="${name}"]`)?.click();

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const at = event.target;
  if (at.matches('select[data-key="d"]')) chooseOffice(event, at);
  if (at.closest("input, select, textarea")) return;
  const row = at.closest("[data-row]");
  if (!row) {
    if (rows.length && at === document.body && (event.key === "j" || event.key === "k")) rows[0].focus();
    return;
  }
  if (event.key === "j") move(row, 1);
  else if (event.key === "k") move(row, -1);
  else if (event.key === "Enter" && at === row) row.querySelector("a.name")?.click();
  else if (event.key === "d") row.querySelector('select[data-key="d"]')?.focus();
  else if (["c", "a", "x", "s"].includes(event.key)) press(row, event.key);
  else return;
  event.preventDefault();
});

// A filter takes effect when it is chosen.
for (const form of document.querySelectorAll("form[data-auto]")) {
  form.addEventListener("change", (event) => { if (event.target.matches("select")) form.requestSubmit(); });
}

// The draft of a reply is saved at a calm pace, when the page is left, and before it is sent: a log-in that has ended
// then costs no text. A new log-in in another window gives a new token, which is fetched.
const CALM = 3000;
const draftForm = document.querySelector("form[data-draft]");
if (draftForm) {
  const said = draftForm.querySelector("[data-saved]");
  let timer = 0;
  let dirty = false;
  const body = () => {
    const data = new URLSearchParams(new FormData(draftForm));
    data.set("do", "quiet");
    return data;
  };
  const send = () => fetch(draftForm.dataset.draft, { method: "POST", body: body(), redirect: "manual", keepalive: true });
  const newToken = async () => {
    const page = await fetch(location.pathname, { redirect: "manual" });
    if (!page.ok) return false;
    const fresh = new DOMParser().parseFromString(await page.text(), "text/html").querySelector('input[name="csrf"]');
    if (!fresh) return false;
    for (const input of document.querySelectorAll('input[name="csrf"]')) input.value = fresh.value;
    return true;
  };
  const trouble = (text) => {
    const link = document.createElement("a");
    link.href = "/login";
    link.target = "_blank";
    link.textContent = "在新窗口登录";
    said.replaceChildren(text, link);
  };
  const save = async () => {
    clearTimeout(timer);
    dirty = false;
    try {
      let answer = await send();
      if (answer.status === 403 && await newToken()) answer = await send();
      if (answer.ok) {
        const kept = await answer.json();
        draftForm.elements.namedItem("draft_version").value = kept.version;
        said.textContent = `草稿已保存（${kept.saved.slice(-5)}）`;
        return true;
      }
      trouble(answer.status === 401 || answer.type === "opaqueredirect" ? "登录已结束，草稿没有保存，文字还在这里；请" : "草稿没有保存，文字还在这里；请再试，或");
    } catch {
      said.textContent = "连不上服务器，草稿没有保存，文字还在这里。";
    }
    dirty = true;
    timer = setTimeout(save, CALM * 2);
    return false;
  };
  draftForm.addEventListener("input", () => {
    dirty = true;
    clearTimeout(timer);
    timer = setTimeout(save, CALM);
  });
  document.addEventListener("visibilitychange", () => {
    if (dirty && document.visibilityState === "hidden") save();
  });
  draftForm.addEventListener("submit", (event) => {
    if (!dirty) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const by = event.submitter;
    save().then((kept) => { if (kept) draftForm.requestSubmit(by); });
  });

  // What helps is put behind the answer, by its button or by Ctrl, Alt and its number.
  const insert = (link) => {
    const area = draftForm.elements.namedItem("text");
    const text = document.getElementById(link.dataset.insert).textContent;
    area.value = area.value.trim() ? `${area.value}\n${text}` : text;
    area.dispatchEvent(new Event("input", { bubbles: true }));
    area.focus();
  };
  for (const link of document.querySelectorAll("[data-insert]")) {
    link.addEventListener("click", (event) => { event.preventDefault(); insert(link); });
  }
  document.addEventListener("keydown", (event) => {
    if (!event.ctrlKey || !event.altKey || !/^Digit[1-9]$/.test(event.code)) return;
    const link = document.querySelector(`[data-insert-key="${event.code.slice(-1)}"]`);
    if (link) { event.preventDefault(); insert(link); }
  });
}

// A usual wording goes into the text that was typed in last, or the first that is open.
let typedLast = null;
document.addEventListener("focusin", (event) => { if (event.target.matches(".actions textarea")) typedLast = event.target; });
for (const button of document.querySelectorAll("[data-wording]")) {
  button.addEventListener("click", () => {
    const area = typedLast ?? document.querySelector(".actions details[open] textarea");
    if (!area) return;
    const text = document.getElementById(button.dataset.wording).textContent;
    area.value = area.value.trim() ? `${area.value}\n${text}` : text;
    area.focus();
  });
}

// The line of a file in which something is wrong is chosen and in sight.
for (const area of document.querySelectorAll("textarea[data-line]")) {
  const lines = area.value.split("\n");
  const at = Math.min(Number(area.dataset.line), lines.length) - 1;
  const from = lines.slice(0, at).reduce((sum, line) => sum + line.length + 1, 0);
  area.focus();
  area.setSelectionRange(from, from + lines[at].length);
  area.scrollTop = (area.scrollHeight / lines.length) * Math.max(at - 3, 0);
}

// How many rows are ticked.
const counted = document.querySelector("[data-ticked]");
if (counted) {
  const count = () => {
    const ticked = document.querySelectorAll('input[name="row"][form="batch"]:checked').length;
    counted.textContent = ticked ? `已选 ${ticked} 条` : "";
    counted.closest("form").classList.toggle("ticked", ticked > 0);
  };
  document.addEventListener("change", count);
  count();
}

// A form is sent once.
for (const form of document.querySelectorAll('form[method="post"]')) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
    setTimeout(() => delete form.dataset.sent, 4000);
  });
}

// The entry of this page is seen on a narrow screen too, and on which side there are more fades out.
const entries = document.querySelector(".top nav ul");
if (entries) {
  const fade = () => {
    entries.classList.toggle("goes-left", entries.scrollLeft > 4);
    entries.classList.toggle("goes-right", entries.scrollWidth - entries.clientWidth - entries.scrollLeft > 4);
  };
  const here = entries.querySelector("[aria-current]");
  if (here) entries.scrollLeft = here.offsetLeft - entries.offsetLeft - (entries.clientWidth - here.offsetWidth) / 2;
  entries.addEventListener("scroll", fade, { passive: true });
  window.addEventListener("resize", fade);
  fade();
}

// The menu closes when the focus leaves it or Escape is pressed.
for (const menu of document.querySelectorAll("details.me")) {
  document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { menu.open = false; menu.querySelector("summary").focus(); }
  });
}

// The reason can be typed at once.
for (const details of document.querySelectorAll("[data-row] details")) {
  details.addEventListener("toggle", () => {
    if (details.open) details.querySelector('input:not([type="hidden"])')?.focus();
  });
}

// The count of unread notices stays true while the page is looked at. Browsers allow few connections to one address, so
// a hidden page gives its own back.
const bell = document.querySelector("[data-live]");
if (bell && window.EventSource) {
  const count = bell.querySelector("[data-unread]");
  let stream = null;
  let ended = false;
  const end = () => { if (stream) stream.close(); stream = null; };
  const begin = () => {
    if (stream || ended || document.hidden) return;
    stream = new EventSource(bell.dataset.live);
    stream.addEventListener("unread", (event) => {
      const unread = Number.parseInt(event.data, 10);
      if (Number.isNaN(unread)) return;
      count.textContent = String(unread);
      count.classList.toggle("none", unread === 0);
    });
    stream.addEventListener("judged", () => document.dispatchEvent(new Event("judged")));
    stream.addEventListener("ended", () => { ended = true; end(); });
  };
  document.addEventListener("visibilitychange", () => { if (document.hidden) end(); else begin(); });
  window.addEventListener("pagehide", end);
  begin();
}

// What scrolls sideways and has nothing to stop at can be scrolled by keys.
const reach = () => {
  for (const box of document.querySelectorAll(".scroll")) {
    const needs = box.scrollWidth > box.clientWidth && !box.querySelector("a, button, input, select");
    if (needs) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
    more(box);
  }
};
// That there is more at the side is seen, and said on a narrow screen.
const more = (box) => {
  const rest = box.scrollWidth - box.clientWidth;
  box.classList.toggle("goes-on", rest - box.scrollLeft > 4);
  const hint = box.nextElementSibling?.matches(".aside-hint") ? box.nextElementSibling : null;
  if (rest > 4 && !hint) {
    const line = document.createElement("p");
    line.className = "hint aside-hint";
    line.textContent = box.querySelector("table") ? "左右滑动看其余各列" : "左右滑动看其余部分";
    box.after(line);
  } else if (rest <= 4) hint?.remove();
};
for (const box of document.querySelectorAll(".scroll")) box.addEventListener("scroll", () => more(box), { passive: true });
reach();
window.addEventListener("resize", reach);

// A file may be dropped anywhere on a page that takes one.
const taker = document.querySelector('form[enctype="multipart/form-data"] input[type="file"]');
if (taker) {
  const holds = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!holds(event)) return;
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) document.body.classList.remove("dropping"); });
  document.addEventListener("drop", (event) => {
    if (!holds(event)) return;
    event.preventDefault();
    document.body.classList.remove("dropping");
    taker.files = event.dataTransfer.files;
    if (taker.form.reportValidity()) taker.form.requestSubmit();
  });
}
