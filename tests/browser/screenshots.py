"""The pictures of the page in docs/images, and how soon it can be used.

`python tests/browser/screenshots.py` takes the pictures and prints the times.

Needs the extra `test` and a Chromium. The library holds the bundled sample and, added by the page
itself, an export with one good entry, one without an abstract and a broken one.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from rag.config import Settings
from rag.library import Library
from ui.app import build_page
from ui.look import presentation

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
SPEEDUP = "What speedup does RetroInfer reach over full attention?"
BOILING = "What is the boiling point of ethanol?"
DESKTOP, PHONE = (1280, 800), (360, 760)
EXPORT = r"""
@article{cogg2023quiet,
  author = {Cogg, Dee and Quill, Ad{\`e}le},
  title = {Quiet gears},
  year = {2023},
  doi = {10.5555/gear.4},
  abstract = {Gears of laminated beech were 11 dB quieter than gears of steel in a mill.}
}
@book{shore1999tides, author = {Shore, Cy}, title = {Tides}, year = {1999}}
@article{reed2024, title = {Bread, abstract = {Mould grows on bread.}}
"""


def main() -> None:
    """Takes all pictures."""
    target = Path(__file__).parents[2] / "docs" / "images"
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        upload = Path(folder) / "zotero.bib"
        upload.write_text(EXPORT, encoding="utf-8")
        with Library.open(Path(folder) / "library", Settings()) as library:
            library.add(Path(str(files("rag") / "sample" / "digests.jsonl")))
            page = build_page(library)
            _, address, _ = page.launch(prevent_thread_lock=True, quiet=True, **presentation())
            chromium = shutil.which("chromium") or shutil.which("chromium-browser")
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            sys.stdout.write(times(browser, address) + "\n")
            take_all(browser, address, upload, target)
            browser.close()
            page.close(verbose=False)
    sys.stdout.write(f"{len(list(target.glob('*.png')))} pictures in {target}\n")


def times(browser: Browser, address: str) -> str:
    """Milliseconds from the request to the first paint, to typing, and to the starter questions."""
    page = browser.new_context().new_page()
    page.goto(address, wait_until="commit")
    expect(page.get_by_label("Question", exact=True)).to_be_editable(timeout=30_000)
    ready = page.evaluate("performance.now()")
    expect(page.locator(".starter").first).to_be_visible(timeout=30_000)
    shown = page.evaluate("performance.now()")
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime")
    return f"first paint {paint or 0:.0f} ms, ready to type {ready:.0f} ms, starters {shown:.0f} ms"


def take_all(browser: Browser, address: str, upload: Path, target: Path) -> None:
    """Each picture in a new browser."""
    for name, size, scheme in (
        ("light", DESKTOP, "light"),
        ("dark", DESKTOP, "dark"),
        ("phone", PHONE, "light"),
    ):
        page = opened(browser, address, size, scheme)
        ask(page, SPEEDUP)
        if name != "phone":
            page.locator("#current .sentence .mark").first.click()
            expect(page.locator("#evidence mark")).to_be_in_viewport()
        picture(page, target / f"{name}.png")
    page = opened(browser, address, DESKTOP, "light")
    ask(page, BOILING)
    picture(page, target / "abstention.png")
    page.get_by_role("tab", name="Library").click()
    page.get_by_role("button", name="Add papers").click()
    page.locator("#upload input[type=file]").set_input_files(upload)
    expect(page.locator("#report")).to_contain_text("added", timeout=30_000)
    expect(page.locator("#summary")).to_contain_text("20 papers")
    picture(page, target / "report.png")


def opened(browser: Browser, address: str, size: tuple[int, int], scheme: str) -> Page:
    """A page with its starter questions."""
    viewport = {"width": size[0], "height": size[1]}
    page = browser.new_context(viewport=viewport, color_scheme=scheme).new_page()
    page.goto(address)
    expect(page.locator(".starter").first).to_be_visible(timeout=30_000)
    return page


def ask(page: Page, question: str) -> None:
    """Asks, and waits for the whole answer."""
    page.get_by_label("Question", exact=True).fill(question)
    page.keyboard.press("Enter")
    expect(page.locator("#current .facts")).to_be_visible(timeout=30_000)
    expect(page.locator("body:not([data-asking])")).to_be_attached()


def picture(page: Page, path: Path) -> None:
    """What is in view, once it stands still."""
    page.wait_for_timeout(600)
    page.screenshot(path=path)


if __name__ == "__main__":
    main()
