// Short entries (dates, intervals) keep to a line. A table that is then wider than the paper (mm) gets smaller letters, or a
// page turned on its side.
(width) => {
  for (const table of document.querySelectorAll(".page table")) {
    const fits = (milli) => table.scrollWidth <= milli * 96 / 25.4 + 1;
    for (const cell of table.querySelectorAll("td")) cell.classList.toggle("short", cell.textContent.trim().length <= 24);
    if (fits(width)) continue;
    table.classList.add("small");
    if (fits(width)) continue;
    (table.closest(".rednote-numbered") ?? table.closest(".output") ?? table).classList.add("turned");
    if (!fits(257)) table.classList.add("tight");
  }
}
