"use strict";
// The table is whole without this: here it becomes one that can be sorted and searched.
(() => {
  const table = document.getElementById("submissions");
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const find = document.getElementById("find");
  const state = document.getElementById("state");
  const shown = document.getElementById("shown");
  const compareText = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" }).compare;

  const headers = [...table.tHead.rows[0].cells];
  headers.slice(0, -1).forEach((header, column) => {
    const isNumber = "number" in header.dataset;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = header.textContent;
    header.replaceChildren(button);
    button.addEventListener("click", () => {
      const before = header.getAttribute("aria-sort");
      const ascending = before ? before === "descending" : !isNumber;
      headers.forEach((other) => other.removeAttribute("aria-sort"));
      header.setAttribute("aria-sort", ascending ? "ascending" : "descending");
      const sign = ascending ? 1 : -1;
      const compare = isNumber
        ? (a, b) => Number(a.cells[column].dataset.key) - Number(b.cells[column].dataset.key)
        : (a, b) => compareText(a.cells[column].textContent, b.cells[column].textContent);
      body.append(...rows.sort((a, b) => sign * compare(a, b)));
    });
  });

  const texts = new Map(rows.map((row) => [row, row.cells[0].textContent.toLowerCase()]));
  const filter = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let visible = 0;
    for (const row of rows) {
      const matches = words.every((word) => texts.get(row).includes(word));
      row.hidden = !matches || (state.value !== "" && row.dataset.state !== state.value);
      visible += row.hidden ? 0 : 1;
    }
    shown.textContent = visible === rows.length ? `${visible}` : `${visible} of ${rows.length}`;
  };
  find.addEventListener("input", filter);
  state.addEventListener("change", filter);
  const form = document.querySelector(".filter");
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  filter();
})();
