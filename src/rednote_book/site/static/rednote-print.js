// Paper cannot be unfolded, and ink is black: before printing all is opened and the theme is light, after it as before.
(() => {
  "use strict";
  let folded = [], theme;
  addEventListener("beforeprint", () => {
    if (theme !== undefined) return;
    folded = [...document.querySelectorAll("article details:not([open], .rednote-cite)")];
    folded.forEach((fold) => { fold.open = true; });
    theme = document.documentElement.dataset.theme ?? null;
    if (theme) document.documentElement.dataset.theme = "light";
  });
  addEventListener("afterprint", () => {
    if (theme === undefined) return;
    folded.forEach((fold) => { fold.open = false; });
    if (theme) document.documentElement.dataset.theme = theme;
    folded = [], theme = undefined;
  });
})();
