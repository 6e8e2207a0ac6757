"""Make the pictures that README and the documentation show: python docs/make_pictures.py [FOLDER] [NAME ...].

Everything but the screenshot of the lab needs the extra [plot] only; for the lab, [lab] and a Chromium that Playwright
drives. What cannot be made is said, and the rest is made. The same version of hiddenmix makes the same files.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd

import hiddenmix as hm
from hiddenmix import plot

HERE = Path(__file__).parent / "pictures"
LIMIT, MOVING_LIMIT = 150_000, 400_000  # bytes
DPI = 130


def red_blue():
    """Plain EM from the start of the well-known write-up."""
    x = pd.DataFrame({"value": hm.datasets.redblue().data[:, 0]})
    start = {"means_init": [[1.1], [9]], "stds_init": [2, 1.7]}
    return hm.GaussianMixture(2, weights="equal", **start).steps(x)


def penguins():
    data = hm.datasets.penguins()
    X = pd.DataFrame(data.data, columns=list(data.columns))
    return hm.GaussianMixture(3, covariance_type="tied", random_state=0).fit(X), X


def draw_history(path):
    """Twenty iterations, with the colours that had been hidden."""
    run = red_blue()
    for _ in range(20):
        run.em()
    colours = hm.datasets.redblue().labels["colour"]
    plot.HistoryDisplay.from_estimator(run, known=colours).save(path, dpi=DPI)


def draw_red_blue(path):
    plot.animate(red_blue(), stop=hm.Iterations(12)).save(path, fps=1.5, dpi=90)


def draw_penguins(path):
    plot.ClassificationDisplay.from_estimator(*penguins()).save(path, dpi=DPI)


def draw_pairs(path):
    plot.PairsDisplay.from_estimator(*penguins()).save(path, dpi=80)


def draw_coins(path):
    heads = hm.datasets.coins().data
    start = {"weights": "equal", "probabilities_init": [[0.6], [0.5]]}
    plot.CoinsDisplay.from_estimator(hm.BinomialMixture(2, trials=10, **start).fit(heads), heads).save(path, dpi=DPI)


def draw_bound(path):
    """After the first E-step: where the bound touches, its top along one parameter, and where M takes that one."""
    run = red_blue().e()
    plot.BoundDisplay.from_estimator(run, parameter="standard deviation", component=1).save(path, dpi=DPI)


def draw_lab(path):
    """The lab after some steps on the penguins, as a browser shows it."""
    from playwright.sync_api import sync_playwright

    lab = [sys.executable, "-c", "from hiddenmix.cli import main; main()"]
    server = subprocess.Popen(
        [*lab, "lab", "penguins", "--port", "0", "--no-browser", "-q"], stdout=subprocess.PIPE, text=True
    )
    try:
        url = server.stdout.readline().strip()
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
            page.goto(url)
            step_through(page)
            page.screenshot(path=path)
            browser.close()
    finally:
        server.terminate()
        server.wait()


def step_through(page):
    """E, M, E, M, E: each when the one before is on the screen."""
    where = page.locator("#where")
    page.locator("#lab:not([aria-busy=true])").wait_for()
    for button in ("#step-e", "#step-m", "#step-e", "#step-m", "#step-e"):
        before = where.text_content()
        page.locator(button).click()
        page.wait_for_function("text => document.querySelector('#where').textContent !== text", arg=before)
    page.wait_for_timeout(1000)  # the bound is asked for after the step


PICTURES = {
    "redblue-history.png": draw_history,
    "redblue.webp": draw_red_blue,
    "penguins.png": draw_penguins,
    "penguins-pairs.png": draw_pairs,
    "coins.png": draw_coins,
    "bound.png": draw_bound,
    "lab.png": draw_lab,
}


def smaller(path):
    """A PNG in 256 colours, without dither: drawings have fewer than photographs."""
    from PIL import Image

    with Image.open(path) as image:
        Image.Image.quantize(image.convert("RGB"), 256, dither=Image.Dither.NONE).save(path, optimize=True)


def main(arguments):
    folder = Path(arguments[0]) if arguments else HERE
    folder.mkdir(parents=True, exist_ok=True)
    left = []
    for name in arguments[1:] or PICTURES:
        path = folder / name
        try:
            PICTURES[name](path)
        except Exception as reason:
            if name != "lab.png":
                raise
            left.append(f"{name} was not made: {reason}")
            continue
        if path.suffix == ".png":
            smaller(path)
        size = path.stat().st_size
        limit = MOVING_LIMIT if path.suffix == ".webp" else LIMIT
        print(f"{path}  {size / 1000:.0f} kB{'' if size <= limit else f'  more than {limit / 1000:.0f} kB'}")
    print("\n".join(left), end="\n" if left else "")


if __name__ == "__main__":
    main(sys.argv[1:])
