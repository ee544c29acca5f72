// Draws the table of the trends page as a chart that can be looked into. Without it the page has its plain drawing.
"use strict";

for (const holder of document.querySelectorAll("[data-trend]")) {
  const table = document.getElementById(holder.dataset.trend);
  const place = holder.querySelector("[data-drawing]");
  const names = [...table.tHead.rows[0].cells].slice(2).map((cell) => cell.textContent);
  const rows = [...table.tBodies[0].rows];
  const days = rows.map((row) => row.cells[0].textContent);
  const script = document.createElement("script");
  script.src = holder.dataset.echarts;
  script.addEventListener("load", () => {
    for (const plain of document.querySelectorAll("[data-plain]")) plain.hidden = true;
    holder.hidden = false;
    const chart = window.echarts.init(place);
    let kind = "bar";
    const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const draw = () => {
      const [ink, soft, line, surface] = ["--ink", "--soft", "--line", "--surface"].map(token);
      const font = { color: ink, fontFamily: token("--sans") };
      const axis = { axisLabel: { color: soft, fontFamily: font.fontFamily }, axisLine: { lineStyle: { color: line } } };
      chart.setOption({
        animation: false,
        color: ["--series-1", "--series-2", "--series-3", "--series-4", "--series-5", "--series-6", "--series-7", "--series-8"].map(token),
        textStyle: font,
        grid: { left: 48, right: 16, top: 64, bottom: 84 },
        legend: { type: "scroll", top: 8, textStyle: font, pageTextStyle: font },
        tooltip: { trigger: "axis", renderMode: "richText", backgroundColor: surface, borderColor: line, textStyle: font },
        dataZoom: [{ type: "slider", bottom: 12, textStyle: font }, { type: "inside", zoomOnMouseWheel: "ctrl" }],
        xAxis: { type: "category", data: days, ...axis },
        yAxis: { type: "value", minInterval: 1, splitLine: { lineStyle: { color: line } }, ...axis },
        series: names.map((name, n) => ({
          name, type: kind, stack: kind === "bar" ? "all" : null,
          data: rows.map((row) => Number(row.cells[n + 2].textContent)),
        })),
      }, true);
    };
    draw();
    chart.on("click", (at) => {
      const cell = rows[at.dataIndex].cells[names.indexOf(at.seriesName) + 2];
      const link = cell.querySelector("a");
      if (link) link.click();
    });
    for (const button of holder.querySelectorAll("[data-kind]")) {
      button.addEventListener("click", () => {
        kind = button.dataset.kind;
        for (const other of holder.querySelectorAll("[data-kind]")) other.setAttribute("aria-pressed", String(other === button));
        draw();
      });
    }
    new ResizeObserver(() => chart.resize()).observe(place);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  });
  document.head.append(script);
}
