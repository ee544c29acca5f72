// Comfort only: every page works without it.
"use strict";

// Keys in the work list act on the row that has the focus, so they never catch text that is typed.
// j and k move, Enter opens, c confirms, a assigns, x opens the reason for not handling.
const rows = [...document.querySelectorAll("[data-row]")];
const move = (from, step) => {
  const next = rows[Math.min(rows.length - 1, Math.max(0, rows.indexOf(from) + step))];
  if (next) next.focus();
};
const press = (row, name) => row.querySelector(`[data-key="${name}"]`)?.click();

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const at = event.target;
  if (at.closest("input, select, textarea")) return;
  const row = at.closest("[data-row]");
  if (!row) {
    if (rows.length && at === document.body && (event.key === "j" || event.key === "k")) rows[0].focus();
    return;
  }
  if (event.key === "j") move(row, 1);
  else if (event.key === "k") move(row, -1);
  else if (event.key === "Enter" && at === row) row.querySelector("a.name")?.click();
  else if (["c", "a", "x"].includes(event.key)) press(row, event.key);
  else return;
  event.preventDefault();
});

// A filter takes effect when it is chosen.
for (const form of document.querySelectorAll("form[data-auto]")) {
  form.addEventListener("change", (event) => { if (event.target.matches("select")) form.requestSubmit(); });
}

// A form is sent once.
for (const form of document.querySelectorAll('form[method="post"]')) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
    setTimeout(() => delete form.dataset.sent, 4000);
  });
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
    stream.addEventListener("ended", () => { ended = true; end(); });
  };
  document.addEventListener("visibilitychange", () => { if (document.hidden) end(); else begin(); });
  window.addEventListener("pagehide", end);
  begin();
}
