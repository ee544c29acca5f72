// Draws the table of the trends page as a chart that can be looked into. Without it the page has its plain drawing.
"use strict";

for (const holder of document.querySelectorAll("[data-trend]")) {
  const table = document.getElementById(holder.dataset.trend);
  const place = holder.querySelector("[data-drawing]");
  const names = [...table.tHead.rows[0].cells].slice(2).map((cell) => cell.textContent);
  const rows = [...table.tBodies[0].rows];
  const days = rows.map((row) => row.cells[0].textContent);
  // `2026-11-02 至 2026-11-08` and `2026-11-02` at the axis: `11/2–11/8` and `11/2`.
  const short = (name) => name.replace(/\d{4}-0?(\d+)-0?(\d+)/g, "$1/$2").replace(" 至 ", "–");
  // What is still to come is not known to be nothing.
  const today = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
  const figure = (row, n) => {
    const count = Number(row.cells[n + 2].textContent);
    return count === 0 && row.cells[0].textContent.slice(0, 10) > today ? null : count;
  };
  const script = document.createElement("script");
  script.src = holder.dataset.echarts;
  script.addEventListener("load", () => {
    for (const plain of document.querySelectorAll("[data-plain]")) plain.hidden = true;
    holder.hidden = false;
    const chart = window.echarts.init(place);
    let kind = "bar";
    const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const draw = () => {
      const [ink, soft, line, edge, surface, accent] =
        ["--ink", "--soft", "--line", "--edge", "--surface", "--accent"].map(token);
      const font = { color: ink, fontFamily: token("--sans") };
      const axis = { axisLabel: { color: soft, fontFamily: font.fontFamily }, axisLine: { lineStyle: { color: line } } };
      const shadow = (tone) => ({ lineStyle: { color: tone }, areaStyle: { color: tone, opacity: 0.3 } });
      const handle = { color: surface, borderColor: accent };
      // The two last figures of a filling are how much of it is seen: the counts shine through.
      const slider = {
        type: "slider", bottom: 12, textStyle: font, borderColor: line, backgroundColor: surface, fillerColor: `${accent}33`,
        dataBackground: shadow(edge), selectedDataBackground: shadow(accent),
        handleStyle: handle, moveHandleStyle: { color: edge },
        emphasis: { handleStyle: handle, moveHandleStyle: { color: accent } },
      };
      chart.setOption({
        animation: false,
        color: ["--series-1", "--series-2", "--series-3", "--series-4", "--series-5", "--series-6", "--series-7", "--series-8"].map(token),
        textStyle: font,
        grid: { left: 48, right: 16, top: 64, bottom: 84 },
        legend: { type: "scroll", top: 8, textStyle: font, pageTextStyle: font },
        tooltip: { trigger: "axis", renderMode: "richText", backgroundColor: surface, borderColor: line, textStyle: font },
        dataZoom: [slider, { type: "inside", zoomOnMouseWheel: "ctrl" }],
        xAxis: { type: "category", data: days, ...axis, axisLabel: { ...axis.axisLabel, formatter: short } },
        yAxis: { type: "value", name: "条", nameTextStyle: { color: soft }, minInterval: 1, splitLine: { lineStyle: { color: line } }, ...axis },
        series: names.map((name, n) => ({
          name, type: kind, stack: kind === "bar" ? "all" : null,
          data: rows.map((row) => figure(row, n)),
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
