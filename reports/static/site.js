// Sorting of tables, light or dark, and the price of any prestatie. Without it every page still reads.
"use strict";
const root = document.documentElement;
try { const kept = localStorage.getItem("thema"); if (kept) root.dataset.theme = kept; } catch { /* from disk some browsers keep nothing */ }

for (const toggle of document.querySelectorAll("[data-theme-toggle]")) {
  toggle.hidden = false;
  toggle.addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    try { localStorage.setItem("thema", root.dataset.theme); } catch { /* as above */ }
  });
}

function valueOf(row, index) {
  const cell = row.cells[index];
  if (!("value" in cell.dataset)) return cell.textContent.trim();
  return cell.dataset.value === "" ? null : Number(cell.dataset.value);
}

function compare(first, second) {
  if (first === null || second === null) return (first === null) - (second === null);
  return typeof first === "number" ? first - second : first.localeCompare(second, root.lang);
}

function sortBy(table, index, head) {
  const descending = head.getAttribute("aria-sort") === "ascending";
  for (const other of table.tHead.rows[0].cells) other.setAttribute("aria-sort", "none");
  head.setAttribute("aria-sort", descending ? "descending" : "ascending");
  const body = table.tBodies[0];
  const rows = [...body.rows].filter((row) => !row.classList.contains("total"));
  const totals = [...body.rows].filter((row) => row.classList.contains("total"));
  rows.sort((first, second) => {
    const [one, two] = [valueOf(first, index), valueOf(second, index)];
    const way = compare(one, two);
    return one === null || two === null || !descending ? way : -way;
  });
  body.append(...rows, ...totals);
}

for (const table of document.querySelectorAll("table[data-sortable]")) {
  [...table.tHead.rows[0].cells].forEach((head, index) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    head.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => sortBy(table, index, head));
    // A browser leaves a button at the edge half out of sight.
    button.addEventListener("focus", () => button.scrollIntoView({ block: "nearest", inline: "nearest" }));
  });
}

// The number behind a printed cell, for sorting; nothing for a dash or an x. Dutch writes 1.234,5 and English 1,234.5.
function numberIn(text) {
  const plain = root.lang === "nl" ? text.replaceAll(".", "").replace(",", ".") : text.replaceAll(",", "");
  return plain.trim() === "" || Number.isNaN(Number(plain)) ? "" : Number(plain);
}

for (const example of document.querySelectorAll("[data-prices]")) {
  const choice = example.querySelector("select");
  const rows = JSON.parse(example.querySelector(".price-rows").textContent);
  const body = example.querySelector("tbody");
  const worked = example.querySelector(".worked");
  const classes = [...body.rows[0]?.cells ?? []].map((cell) => cell.className);
  example.querySelector(".choice").hidden = false;
  choice.addEventListener("change", () => {
    const found = rows[choice.value];
    body.replaceChildren(...found.rows.map((cells) => {
      const row = document.createElement("tr");
      cells.forEach((text, index) => {
        const cell = document.createElement(index ? "td" : "th");
        if (!index) cell.scope = "row";
        if (classes[index]) cell.className = classes[index];
        cell.textContent = text;
        if (cell.classList.contains("number")) cell.dataset.value = numberIn(text);
        row.append(cell);
      });
      return row;
    }));
    worked.textContent = found.worked;
    for (const head of example.querySelectorAll("thead th")) head.setAttribute("aria-sort", "none");
  });
}
