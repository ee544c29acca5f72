// The work list is worked without leaving it: actions are sent in place, what was done can be taken back, the text of the row
// with the focus stands beside it. Without this script each action loads the list again.
"use strict";

const desk = document.querySelector("[data-triage]");
const pane = document.querySelector("[data-pane]");
const WIDE = matchMedia("(min-width: 78rem)");
const ACTION = /^\/items\/([^/]+)\/(confirm|assign|dismiss|judge)$/;
// What was done last, for u.
const past = [];
// A new log-in in another window gives a new token.
let token = desk?.dataset.csrf;

const say = (row, text, bad, ...more) => {
  row.querySelector(".outcome")?.remove();
  const line = document.createElement("p");
  line.className = bad ? "outcome bad" : "outcome";
  line.setAttribute("role", bad ? "alert" : "status");
  line.append(text, ...more);
  row.append(line);
};

const button = (text, act) => {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
};

const newToken = async () => {
  const page = await fetch(location.pathname, { redirect: "manual" });
  if (!page.ok) return false;
  const fresh = new DOMParser().parseFromString(await page.text(), "text/html").querySelector("[data-csrf]");
  if (!fresh) return false;
  token = fresh.dataset.csrf;
  for (const input of document.querySelectorAll('input[name="csrf"]')) input.value = token;
  return true;
};

// Sends a form's fields; gives whether it was done and what is to be said.
const post = async (address, fields) => {
  const send = () => {
    fields.set("csrf", token);
    return fetch(address, { method: "POST", body: fields, headers: { "x-inline": "yes" }, redirect: "manual" });
  };
  let answer = await send();
  if (answer.status === 403 && await newToken()) answer = await send();
  if (answer.status === 401 || answer.type === "opaqueredirect") return { out: true };
  const text = await answer.text();
  if (answer.headers.get("content-type")?.startsWith("application/json")) return { done: answer.ok, text: JSON.parse(text).text };
  const page = new DOMParser().parseFromString(text, "text/html");
  return { done: false, text: page.querySelector(".notice.bad, main h1")?.textContent ?? "没有保存，请打开这一条看看。" };
};

const next = (row) => {
  const rows = [...desk.querySelectorAll("[data-row]")];
  const waiting = (other) => !other.classList.contains("done") && !other.dataset.acted;
  const after = rows.slice(rows.indexOf(row) + 1).find(waiting) ?? rows.find(waiting);
  if (after) after.focus();
  else document.querySelector('nav.more a[rel="next"]')?.focus();
};

const logIn = () => {
  const link = document.createElement("a");
  link.href = "/login";
  link.target = "_blank";
  link.textContent = "在新窗口登录";
  return link;
};

const undo = async (row) => {
  const at = past.lastIndexOf(row);
  if (at >= 0) past.splice(at, 1);
  row.setAttribute("aria-busy", "true");
  try {
    const answer = await post(`/items/${row.dataset.row}/undo`, new URLSearchParams());
    if (answer.out) say(row, "登录已结束，没有撤销；请", true, logIn(), "，再按一次。");
    else say(row, answer.text, !answer.done);
    if (answer.done) {
      row.classList.remove("done");
      delete row.dataset.acted;
      row.focus();
      show(row, true);
    }
  } catch {
    past.push(row);
    say(row, "连不上服务器，没有撤销；连上以后再按一次 u。", true);
  }
  row.removeAttribute("aria-busy");
};

const act = async (row, form, by) => {
  if (row.getAttribute("aria-busy")) return;
  row.setAttribute("aria-busy", "true");
  const what = ACTION.exec(new URL(form.action).pathname)[2];
  try {
    const answer = await post(form.action, new URLSearchParams(new FormData(form, by)));
    if (answer.out) say(row, "登录已结束，没有保存，填写的还在；请", true, logIn(), "，再按一次。");
    else if (!answer.done) say(row, answer.text, true);
    else {
      past.push(row);
      say(row, answer.text, false, button("撤销（u）", () => undo(row)));
      // What was judged may still be assigned.
      row.classList.toggle("done", what === "assign" || what === "dismiss");
      row.dataset.acted = "yes";
      const box = row.querySelector('input[name="row"]');
      if (box) box.checked = false;
      for (const open of row.querySelectorAll("details[open]")) open.open = false;
      next(row);
    }
  } catch {
    say(row, "连不上服务器，没有保存，填写的还在；连上以后再按一次。", true);
    row.focus();
  }
  row.removeAttribute("aria-busy");
  delete form.dataset.sent;
};

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!desk || event.defaultPrevented || form.method !== "post") return;
  const found = ACTION.exec(new URL(form.action).pathname);
  const row = found && desk.querySelector(`[data-row="${CSS.escape(found[1])}"]`);
  if (!row) return;
  event.preventDefault();
  act(row, form, event.submitter);
});

document.addEventListener("keydown", (event) => {
  if (!desk || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const typing = event.target.closest("input:not([type=checkbox]), select, textarea");
  if (event.key === "Escape" && event.target.closest("[data-pane], [data-row]")) {
    const id = pane?.dataset.shown;
    (event.target.closest("[data-row]") ?? desk.querySelector(`[data-row="${CSS.escape(id ?? "")}"]`))?.focus();
    return;
  }
  if (typing) return;
  if (event.key === "/") document.getElementById("q")?.focus();
  else if (event.key === "u" && past.length) undo(past.at(-1));
  else if (event.key === "t" && event.target.closest("[data-row]")) change(event.target.closest("[data-row]"));
  else return;
  event.preventDefault();
});

// The row with the focus, beside the list where there is room.
let asked = 0;
let showing = Promise.resolve();
const show = (row, again) => { showing = bring(row, again); return showing; };
const bring = async (row, again) => {
  const id = row.dataset.row;
  if (!pane || !WIDE.matches || (!again && pane.dataset.shown === id)) return;
  const mine = ++asked;
  await new Promise((done) => setTimeout(done, 120));
  if (mine !== asked) return;
  try {
    const answer = await fetch(`/items/${id}`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const item = page.querySelector("[data-item]");
    // Nobody's form is taken away while he is in it.
    if (mine !== asked || !answer.ok || !item || pane.contains(document.activeElement)) return;
    const title = item.querySelector("h1");
    const link = document.createElement("a");
    link.href = `/items/${id}`;
    link.append(...title.childNodes);
    const head = document.createElement("h2");
    head.append(link);
    title.replaceWith(head);
    item.querySelector(".crumbs")?.remove();
    pane.replaceChildren(item);
    pane.dataset.shown = id;
    pane.hidden = false;
    pane.scrollTop = 0;
    desk.classList.add("beside");
  } catch {
    // The list works on; the text can be opened.
  }
};
desk?.addEventListener("focusin", (event) => {
  const row = event.target.closest("[data-row]");
  if (row) show(row, false);
});

// Another topic is chosen in the text beside the list, or on the item's own page.
const change = async (row) => {
  if (!WIDE.matches) { location.href = `/items/${row.dataset.row}`; return; }
  await showing;
  if (pane.dataset.shown !== row.dataset.row) await show(row, true);
  const form = pane.querySelector('form[action$="/judge"]');
  if (!form) return;
  const box = form.closest("details");
  if (box) box.open = true;
  (form.querySelector("input:checked") ?? form.querySelector("input[type=checkbox]"))?.focus();
};

// New ones are told of, and come in when they are asked for: nothing moves under what is being read.
const news = document.querySelector("[data-newer][data-address]");
if (news) {
  const ask = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(news.dataset.address, { redirect: "manual" });
      if (!answer.ok) return;
      const { newer } = await answer.json();
      news.hidden = newer === 0;
      news.querySelector("[data-count]").textContent = String(newer);
    } catch {
      // It is asked again.
    }
  };
  setInterval(ask, 30_000);
  document.addEventListener("visibilitychange", ask);
}
