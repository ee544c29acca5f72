// The wall display: counted anew twice a minute. What could not be counted anew is never shown as if it were.
"use strict";

const PACE = 30_000;
const stale = document.querySelector(".stale");
const clock = () => document.querySelector("[data-clock]");
let counted = Date.now();

const tick = () => {
  const now = new Date(Date.now() + 8 * 3_600_000);
  clock().textContent = now.toISOString().slice(11, 16);
};

const warn = (text) => {
  const minutes = Math.floor((Date.now() - counted) / 60_000);
  stale.textContent = `${text}下面是 ${minutes < 1 ? "刚才" : `${minutes} 分钟前`}的数据。`;
  stale.hidden = false;
};

const renew = async () => {
  try {
    const answer = await fetch(location.href, { redirect: "manual", cache: "no-store" });
    if (answer.type === "opaqueredirect" || answer.status === 401) {
      warn("登录已结束，请重新登录。");
    } else if (!answer.ok) {
      warn("服务器暂时答不上来。");
    } else {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      document.querySelector("main").replaceWith(page.querySelector("main"));
      counted = Date.now();
      stale.hidden = true;
      tick();
    }
  } catch {
    warn("连不上服务器。");
  }
};

setInterval(renew, PACE);
for (const change of ["offline", "online"]) window.addEventListener(change, renew);
setInterval(tick, 5_000);
tick();
