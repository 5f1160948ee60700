// Before anything is drawn: light or dark, if it was chosen here. The choice is this browser's, and no secret.
(function () {
  let chosen = null;
  try {
    chosen = localStorage.getItem('sluice-theme');
  } catch {
    // No storage: the system's choice it is.
  }
  if (chosen === 'light' || chosen === 'dark') {
    document.documentElement.dataset.theme = chosen;
  }
})();
