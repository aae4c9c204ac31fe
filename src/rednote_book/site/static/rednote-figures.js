// Copy buttons of the citations, and the filter of the gallery. Without scripts both stay readable.
(() => {
  "use strict";

  // navigator.clipboard is missing where a page is not served securely; the older way works there.
  const copy = async (pre) => {
    try {
      await navigator.clipboard.writeText(pre.textContent);
      return true;
    } catch {
      const selection = getSelection();
      const range = document.createRange();
      range.selectNodeContents(pre);
      selection.removeAllRanges();
      selection.addRange(range);
      const done = document.execCommand("copy");
      if (done) selection.removeAllRanges(); // otherwise the text stays selected, ready for the keyboard
      return done;
    }
  };

  const addButton = (box) => {
    const button = document.createElement("button");
    const status = document.createElement("span");
    button.type = "button";
    button.textContent = `Copy ${box.dataset.what}`;
    status.setAttribute("role", "status");
    button.addEventListener("click", async () => {
      status.textContent = "";
      const done = await copy(box.querySelector("pre"));
      status.textContent = done ? "Copied" : "Selected: press Ctrl+C";
    });
    box.querySelector("span").replaceWith(button, status);
  };

  const count = (n, what) => `${n} ${what}${n === 1 ? "" : "s"}`;

  const filter = (gallery) => {
    const line = gallery.querySelector(".rednote-filter");
    const select = line.querySelector("select");
    const chapters = [...gallery.querySelectorAll("section")];
    const show = () => {
      let figures = 0, tables = 0;
      for (const chapter of chapters) {
        chapter.hidden = Boolean(select.value) && chapter.dataset.chapter !== select.value;
        if (chapter.hidden) continue;
        figures += chapter.querySelectorAll(".rednote-figures > li").length;
        tables += chapter.querySelectorAll(".rednote-tables > li").length;
      }
      line.querySelector("[role=status]").textContent = `${count(figures, "figure")}, ${count(tables, "table")}`;
    };
    select.addEventListener("change", show);
    line.hidden = false;
    show();
  };

  // Browsers do not download from a page opened as a file: the file opens beside it, to be saved from there.
  const openBeside = (link) => {
    link.target = "_blank";
    link.rel = "noopener";
  };

  const start = () => {
    if (location.protocol === "file:") document.querySelectorAll(".rednote-bar a[download]").forEach(openBeside);
    document.querySelectorAll(".rednote-copy").forEach(addButton);
    document.querySelectorAll(".rednote-gallery").forEach(filter);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
