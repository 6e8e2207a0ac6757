/** Light or dark: as the system has it until somebody says otherwise. */

const KEY = "hiddenmix-theme";

export function startTheme(button) {
  apply(localStorage.getItem(KEY), button);
  button.addEventListener("click", () => {
    const next = dark() ? "light" : "dark";
    localStorage.setItem(KEY, next);
    apply(next, button);
  });
}

function dark() {
  const own = document.documentElement.dataset.theme;
  return own ? own === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function apply(theme, button) {
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  const other = dark() ? "light" : "dark";
  button.setAttribute("aria-label", `Switch to ${other} colours`);
  button.title = `Switch to ${other} colours`;
}
