// Tables that are wider than the paper (mm) get smaller letters, then a page turned on its side.
(width) => {
  for (const table of document.querySelectorAll(".page table")) {
    const fits = (milli) => table.scrollWidth <= milli * 96 / 25.4 + 1;
    if (fits(width)) continue;
    table.classList.add("small");
    if (fits(width)) continue;
    (table.closest(".rednote-numbered") ?? table.closest(".output") ?? table).classList.add("turned");
    if (!fits(257)) table.classList.add("tight");
  }
}
