"use strict";

// Draws what a canvas carries as data, in the colours of the page.
for (const canvas of document.querySelectorAll("canvas[data-bars]")) {
  const bars = JSON.parse(canvas.dataset.bars);
  // Read anew with every drawing: it may have turned dark since.
  const colour = (name) => getComputedStyle(canvas).getPropertyValue(name).trim();
  const set = (label, data, name) => ({ label, data, backgroundColor: () => colour(name), borderRadius: 3 });
  const axis = { ticks: { color: () => colour("--dim") }, grid: { color: () => colour("--line") } };
  const legend = (of) => Chart.defaults.plugins.legend.labels.generateLabels(of)
    .map((label) => ({ ...label, fontColor: colour("--ink") }));
  const chart = new Chart(canvas, {
    type: "bar",
    data: {
      labels: bars.days,
      datasets: [
        set("by the day of the appointment", bars.appointment_date, "--link"),
        set("by the day of the booking", bars.conversion_date, "--edge"),
      ],
    },
    options: {
      animation: false,
      maintainAspectRatio: false,
      plugins: { legend: { labels: { generateLabels: legend } } },
      scales: {
        x: { ...axis, ticks: { ...axis.ticks, maxRotation: 0, autoSkipPadding: 16 }, grid: { display: false } },
        y: { ...axis, beginAtZero: true, ticks: { ...axis.ticks, precision: 0 } },
      },
    },
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => chart.update());
  // On paper it has the paper's width, and the colours of the day: it is drawn before those count.
  window.addEventListener("beforeprint", () => {
    document.documentElement.dataset.onPaper = "";
    chart.resize(640, 240);
  });
  window.addEventListener("afterprint", () => {
    delete document.documentElement.dataset.onPaper;
    chart.resize();
  });
}

// Whoever reads the paper can open nothing.
const definitions = document.getElementById("definitions");
window.addEventListener("beforeprint", () => { definitions.open = true; });
