// Tables that are wider than the paper get smaller letters, then a page turned on its side.
() => {
  const across = (milli) => milli * 96 / 25.4;
  for (const table of document.querySelectorAll(".page table")) {
    const block = table.closest(".rednote-numbered, .rednote-table, .cell_output, .pst-scrollable-table-container") ?? table;
    const fits = (width) => table.scrollWidth <= width + 1;
    if (fits(across(170))) continue;
    table.classList.add("small");
    if (fits(across(170))) continue;
    block.classList.add("turned");
    if (!fits(across(257))) table.classList.add("tight");
  }
}
