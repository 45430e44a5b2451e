// Before the first paint: the theme that was chosen, so the page does not flash in the other one.
(function () {
  try {
    var theme = localStorage.getItem("drawbridge.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch (e) {
    // Storage is switched off: the system's theme holds.
  }
})();
