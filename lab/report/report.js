// Comforts only: everything in the report can be read without this script.
"use strict";
(() => {
  const groups = document.querySelectorAll("details.group");
  document.querySelector(".buttons").hidden = false;
  document.getElementById("open-all").addEventListener("click", () => groups.forEach((g) => { g.open = true; }));
  document.getElementById("close-all").addEventListener("click", () => groups.forEach((g) => { g.open = false; }));

  const filter = document.getElementById("filter");
  const shown = document.getElementById("filtered");
  const rows = Array.from(document.querySelectorAll(".entries tbody tr"));
  const texts = rows.map((row) => (row.textContent + " " + row.title).toLowerCase());
  document.querySelector(".filter").hidden = false;
  filter.addEventListener("input", () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    rows.forEach((row, index) => {
      const fits = words.every((word) => texts[index].includes(word));
      row.hidden = !fits;
      count += fits ? 1 : 0;
    });
    shown.textContent = words.length ? shown.dataset.text.replace("{n}", String(count)) : "";
  });
})();
