// The work list is worked without leaving it: actions are sent in place, what was done can be taken back, the text of the row
// with the focus stands beside it. Without this script each action loads the list again.
"use strict";

const desk = document.querySelector("[data-triage]");
const pane = document.querySelector("[data-pane]");
const WIDE = matchMedia("(min-width: 68rem)");
const ACTION = /^\/items\/([^/]+)\/(confirm|assign|dismiss|judge|incident)$/;
// The keys that go to a form of the text beside the list.
const FORMS = { t: "judge", i: "incident" };
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
  if (answer.headers.get("content-type")?.startsWith("application/json")) return { ...JSON.parse(text), done: answer.ok };
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

const link = (path, text) => {
  const made = document.createElement("a");
  made.href = path;
  made.textContent = text;
  return made;
};

const logIn = () => {
  const made = link("/login", "在新窗口登录");
  made.target = "_blank";
  return made;
};

// The row says what a person decided, not what the model thought; what it said before comes back when that is undone.
const told = new Map();
const tags = (row) => row.querySelector(".meta");
const tag = (text, tone) => {
  const made = document.createElement("span");
  made.className = `tag ${tone}`;
  made.textContent = text;
  return made;
};
const mark = (row, form, what) => {
  if (what !== "confirm" && what !== "judge") return;
  if (!told.has(row)) told.set(row, tags(row).cloneNode(true));
  for (const old of tags(row).querySelectorAll(".tag.yellow, .tag.green")) old.remove();
  const topic = tags(row).querySelector(".tag.accent");
  if (what === "judge") {
    const chosen = form.querySelector("input[name=topic]:checked");
    const said = chosen ? tag(chosen.closest("label").textContent.trim(), "accent") : tag("不涉及办理", "");
    if (topic) topic.replaceWith(said);
    else tags(row).append(said);
  } else {
    topic?.querySelector(".num")?.remove();
  }
  tags(row).append(tag("人工已研判", "green"));
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
      if (told.has(row)) tags(row).replaceWith(told.get(row));
      told.delete(row);
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
    else if (what === "incident") {
      say(row, answer.text, false);
      row.focus();
      show(row, true);
    } else {
      past.push(row);
      say(row, answer.text, false, ...(answer.made ? [link(answer.made.path, answer.made.name)] : []), button("撤销（u）", () => undo(row)));
      mark(row, form, what);
      // What was judged may still be assigned.
      row.classList.toggle("done", what === "assign" || what === "dismiss");
      row.dataset.acted = "yes";
      const box = row.querySelector('input[name="row"]');
      if (box?.checked) {
        box.checked = false;
        box.dispatchEvent(new Event("change", { bubbles: true }));
      }
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
  // The usual reasons by their number, in a field in which nothing stands yet.
  const field = event.target.matches('[data-row] input[name="reason"]') && event.target;
  const usual = field && !field.value && /^[1-9]$/.test(event.key) && field.list?.options[event.key - 1];
  if (usual) {
    field.value = usual.value;
    event.preventDefault();
    return;
  }
  const typing = event.target.closest("input:not([type=checkbox]), select, textarea");
  if (event.key === "Escape" && event.target.closest("[data-pane], [data-row]")) {
    const id = pane?.dataset.shown;
    (event.target.closest("[data-row]") ?? desk.querySelector(`[data-row="${CSS.escape(id ?? "")}"]`))?.focus();
    return;
  }
  if (typing) return;
  if (event.key === "/") document.getElementById("q")?.focus();
  else if (event.key === "u" && past.length) undo(past.at(-1));
  else if (FORMS[event.key] && event.target.closest("[data-row]")) fill(event.target.closest("[data-row]"), FORMS[event.key]);
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
    for (const other of desk.querySelectorAll(".shown")) other.classList.remove("shown");
    row.classList.add("shown");
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

// Another topic or another incident is chosen in the text beside the list, or on the item's own page.
const fill = async (row, action) => {
  if (!WIDE.matches) { location.href = `/items/${row.dataset.row}`; return; }
  await showing;
  if (pane.dataset.shown !== row.dataset.row) await show(row, true);
  const form = pane.querySelector(`form[action$="/${action}"]`);
  if (!form) return;
  const box = form.closest("details");
  if (box) box.open = true;
  (form.querySelector("input:checked") ?? form.querySelector('input:not([type="hidden"]), select'))?.focus();
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
  // The stream says when there may be something; without it the list is asked for now and then.
  let soon = 0;
  document.addEventListener("judged", () => { soon ||= setTimeout(() => { soon = 0; ask(); }, 1_000); });
  setInterval(ask, 60_000);
  document.addEventListener("visibilitychange", ask);
}
