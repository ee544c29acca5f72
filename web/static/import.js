// How far an upload or an import is. Without this script both work, and the page stands still meanwhile.
"use strict";

const box = () => document.querySelector(".underway");

const tell = (text, share) => {
  const bar = box().querySelector("progress");
  box().hidden = false;
  box().querySelector("[data-said]").textContent = text;
  if (share === null) bar.removeAttribute("value");
  else bar.value = share;
};

// What came in the place of this page.
const show = (text) => {
  const page = new DOMParser().parseFromString(text, "text/html");
  document.querySelector("main").replaceWith(page.querySelector("main"));
  document.querySelector("main").focus();
  scrollTo(0, 0);
};

const fail = (form, text) => {
  tell(text, 0);
  delete form.dataset.sent;
};

const upload = (form) => {
  const request = new XMLHttpRequest();
  request.upload.addEventListener("progress", (event) => {
    if (!event.lengthComputable) return;
    const share = event.loaded / event.total;
    tell(share < 1 ? `正在上传：${Math.floor(share * 100)}%` : "已上传，正在读开头的几行…", share < 1 ? share : null);
  });
  request.addEventListener("load", () => {
    if (request.responseURL.endsWith("/login")) location.href = "/login";
    else show(request.responseText);
  });
  request.addEventListener("error", () => fail(form, "连不上服务器，没有上传；连上以后再按一次。"));
  request.open("POST", form.action);
  request.send(new FormData(form));
};

const run = async (form, by) => {
  const fields = new URLSearchParams(new FormData(form, by));
  const address = `/sources/${box().dataset.source}/import/${fields.get("file")}`;
  let over = false;
  const watch = async () => {
    try {
      const answer = await fetch(`${address}/progress`);
      const progress = answer.ok ? await answer.json() : null;
      if (!over && progress) tell(`正在导入：已读 ${progress.rows.toLocaleString("zh-CN")} 行`, progress.share);
    } catch {
      // The import itself says what is wrong.
    }
    if (!over) setTimeout(watch, 500);
  };
  tell("正在导入…", null);
  watch();
  try {
    const answer = await fetch(by.formAction, { method: "POST", body: fields });
    over = true;
    if (answer.redirected) location.href = answer.url;
    else show(await answer.text());
  } catch {
    over = true;
    fail(form, "连接断了。导入会接着做完，过一会儿再按一次“导入”就能看到结果。");
  }
};

document.addEventListener("submit", (event) => {
  const [form, by] = [event.target, event.submitter];
  if (event.defaultPrevented) return;
  if (form.enctype === "multipart/form-data") {
    event.preventDefault();
    upload(form);
  } else if (by?.formAction.endsWith("/import/run")) {
    event.preventDefault();
    run(form, by);
  }
});
