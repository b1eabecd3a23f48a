"use strict";

const form = document.getElementById("filter");
const cases = [...document.querySelectorAll("details.case")];
const texts = cases.map((item) => item.textContent.toLowerCase());
const shown = document.getElementById("shown");

function filterCases() {
  const wanted = new FormData(form);
  const outcomes = new Set(wanted.getAll("outcome"));
  const kind = wanted.get("kind");
  const change = wanted.get("change");
  const words = wanted.get("text").toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  cases.forEach((item, place) => {
    const fits =
      outcomes.has(item.dataset.outcome) &&
      (!kind || item.dataset.kind === kind) &&
      (!change || item.dataset.change === change) &&
      words.every((word) => texts[place].includes(word));
    item.hidden = !fits;
    count += fits;
  });
  shown.textContent = `${count} of ${cases.length} cases shown`;
}

function openTarget() {
  const target = document.getElementById(location.hash.slice(1));
  const item = target && target.closest("details.case");
  if (!item) return;
  item.hidden = false;
  item.open = true;
  target.scrollIntoView();
}

let waiting;
form.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(filterCases, 80);
});
form.addEventListener("submit", (event) => event.preventDefault());
form.hidden = false;
filterCases();

const openAll = document.getElementById("open-all");
openAll.addEventListener("click", () => {
  const visible = cases.filter((item) => !item.hidden);
  const open = visible.some((item) => !item.open);
  visible.forEach((item) => (item.open = open));
});

const theme = document.getElementById("theme");
const systemDark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () =>
  (document.documentElement.dataset.theme || (systemDark.matches ? "dark" : "light")) === "dark";
const nameTheme = () => (theme.textContent = isDark() ? "Light" : "Dark");
theme.addEventListener("click", () => {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  nameTheme();
});
systemDark.addEventListener("change", nameTheme);
theme.hidden = false;
nameTheme();

addEventListener("hashchange", openTarget);
openTarget();
