// Before the first paint: the theme that was chosen, so the page does not flash in the other one.
(function () {
  try {
    var theme = localStorage.getItem("drawbridge.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch (e) {
    // Storage is switched off: the system's theme holds.
  }
})();

// When the console itself breaks, its program is dead and cannot say so: whatever the browser was running of it
// ends with a RuntimeError, which gets here.
(function () {
  function crashed(error) {
    if (!(error instanceof WebAssembly.RuntimeError) || document.getElementById("crash")) return;
    var overlay = document.createElement("div");
    overlay.id = overlay.className = "crash";
    overlay.setAttribute("role", "alertdialog");
    overlay.setAttribute("aria-labelledby", "crash-title");
    overlay.innerHTML =
      '<div class="crash__card"><h1 id="crash-title" tabindex="-1">The console crashed</h1>' +
      "<p>This is a fault of the console. The gateway and your clusters are not affected: " +
      "everything goes on without this page.</p>" +
      '<p><a class="btn btn--primary" href="">Reload the page</a></p>' +
      "<details><summary>Details</summary><pre></pre></details></div>";
    // The quick build leaves the words of the panic there.
    var words = document.documentElement.dataset.panic || "";
    // An empty address would be that of the home page.
    overlay.querySelector("a").href = location.href;
    overlay.querySelector("pre").textContent = words + "\n" + error.stack;
    document.body.appendChild(overlay);
  }
  addEventListener("error", function (event) {
    crashed(event.error);
  });
  addEventListener("unhandledrejection", function (event) {
    crashed(event.reason);
  });
})();
