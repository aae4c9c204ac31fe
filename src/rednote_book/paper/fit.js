// Short entries (intervals, dates) keep to a line. A table that is then wider than the paper (mm) gets smaller letters,
// then breaks all entries but dates, then gets a page turned on its side.
(width) => {
  for (const table of document.querySelectorAll(".page table")) {
    const fits = (milli) => table.getBoundingClientRect().width <= milli * 96 / 25.4;
    const keep = (longest) => table.querySelectorAll("td").forEach(
      (cell) => cell.classList.toggle("short", cell.textContent.trim().length <= longest));
    keep(24);
    if (fits(width)) continue;
    table.classList.add("small");
    if (fits(width)) continue;
    keep(10);
    if (fits(width)) continue;
    (table.closest(".rednote-numbered") ?? table.closest(".output") ?? table).classList.add("turned");
    if (!fits(257)) table.classList.add("tight");
  }
}
