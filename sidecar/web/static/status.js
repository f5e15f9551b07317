"use strict";

// Times are written in the site's zone; whoever runs scripts reads them in her own.
const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const PARTS = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", timeZone: ZONE };
const TO_THE_MINUTE = new Intl.DateTimeFormat("sv-SE", PARTS);
const TO_THE_SECOND = new Intl.DateTimeFormat("sv-SE", { ...PARTS, second: "2-digit" });

function tellTimesHere(part) {
  for (const time of part.querySelectorAll("time[data-to]")) {
    const format = time.dataset.to === "minute" ? TO_THE_MINUTE : TO_THE_SECOND;
    time.textContent = format.format(new Date(time.dateTime));
  }
  for (const zone of part.querySelectorAll("[data-zone]")) {
    if (zone.dataset.zone !== ZONE) {
      zone.textContent = `${ZONE}, where you are; rest on one to see it in ${zone.dataset.zone}, the site's zone`;
    }
  }
}

// What changed in a part that keeps itself up to date is told to those who do not see it.
let told = "";
function tellChange(part) {
  const now = [...part.querySelectorAll("[data-told]")].map((one) => one.textContent.trim()).join(" ");
  if (told && now !== told) {
    document.getElementById("change").textContent = now;
  }
  told = now;
}

// Whoever stands on a link or button of a part that is put in anew, stands on it afterwards.
let held = null;
const alikes = (part, one) => [...part.querySelectorAll("a, button")]
  .filter((other) => other.href === one.href && (one.href || other.textContent === one.textContent));
document.addEventListener("htmx:beforeSwap", (event) => {
  const one = document.activeElement;
  held = event.target.contains(one) ? { one, place: alikes(event.target, one).indexOf(one) } : null;
});
document.addEventListener("htmx:afterSwap", (event) => {
  tellTimesHere(event.target);
  tellChange(document);
  if (held) {
    alikes(event.target, held.one)[held.place]?.focus({ preventScroll: true });
  }
});
// What was opened to be asked once more can be left as it was.
document.addEventListener("keydown", (event) => {
  const opened = event.key === "Escape" && event.target.closest("details.act[open]");
  if (opened) {
    opened.open = false;
    opened.querySelector("summary").focus();
  }
});
// Nobody looks: nothing is asked. Whoever comes back sees at once how it stands.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.target.matches("[data-live]")) {
    event.preventDefault();
  }
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) {
    document.querySelectorAll("[data-live]").forEach((part) => htmx.trigger(part, "looked-at"));
  }
});

tellTimesHere(document);
tellChange(document);
// On a phone the tabs are wider than the page: the one that matters is drawn into sight.
const drawIntoSight = (tab) => tab.scrollIntoView({ block: "nearest", inline: "center" });
const tabs = document.querySelector(".tabs");
if (tabs) {
  drawIntoSight(tabs.querySelector("[aria-current]"));
  tabs.addEventListener("focusin", (event) => drawIntoSight(event.target));
}
