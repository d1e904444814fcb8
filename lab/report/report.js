// Comforts only: everything in the report can be read without this script.
"use strict";
(() => {
  const groups = document.querySelectorAll("details.group");
  document.querySelector(".buttons").hidden = false;
  document.getElementById("open-all").addEventListener("click", () => groups.forEach((g) => { g.open = true; }));
  document.getElementById("close-all").addEventListener("click", () => groups.forEach((g) => { g.open = false; }));

  // Zooming keeps what stands in the middle; the first time that is where the day is densest.
  const scroller = document.querySelector(".scroller");
  const names = document.querySelector(".lane .name");
  let middle = Number(scroller.dataset.focus) / 100;
  const plot = () => scroller.scrollWidth - names.offsetWidth;
  scroller.addEventListener("scroll", () => {
    if (scroller.scrollWidth > scroller.clientWidth + 1) {
      middle = (scroller.scrollLeft + (scroller.clientWidth - names.offsetWidth) / 2) / plot();
    }
  });
  document.querySelectorAll(".zoom").forEach((zoom) => zoom.addEventListener("change", () => {
    const aim = middle;
    scroller.scrollLeft = aim * plot() - (scroller.clientWidth - names.offsetWidth) / 2;
  }));

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
